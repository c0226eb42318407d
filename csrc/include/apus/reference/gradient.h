#ifndef APUS_REFERENCE_GRADIENT_H
#define APUS_REFERENCE_GRADIENT_H

#include "apus/gradient.h"

/* The references of apus/gradient.h. */

#ifdef __cplusplus
extern "C" {
#endif

double apus_gradient_squares_reference_f64(int64_t count, const double *gradient);

void apus_gradient_scale_reference_f64(int64_t count, double *gradient, double factor);

void apus_gradient_clip_reference_f64(int64_t count, double *gradient, double limit);

void apus_gradient_clip_units_reference_f64(int64_t rows, int64_t columns, const double *value, double *gradient, double clipping,
                                            double floor);

#ifdef __cplusplus
}
#endif
#endif
