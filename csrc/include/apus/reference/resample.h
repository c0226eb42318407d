#ifndef APUS_REFERENCE_RESAMPLE_H
#define APUS_REFERENCE_RESAMPLE_H

#include "apus/resample.h"

/* The references of apus/resample.h. */

#ifdef __cplusplus
extern "C" {
#endif

void apus_resample_reference_f32(const apus_resample *shape, const int64_t *first, const float *weights, const float *x,
                                 float *y);
void apus_resample_reference_f64(const apus_resample *shape, const int64_t *first, const double *weights, const double *x,
                                 double *y);

#ifdef __cplusplus
}
#endif
#endif
