#ifndef APUS_REFERENCE_POINTWISE_LOSS_H
#define APUS_REFERENCE_POINTWISE_LOSS_H

#include "apus/pointwise_loss.h"

/* The references of apus/pointwise_loss.h. */

#ifdef __cplusplus
extern "C" {
#endif

void apus_pointwise_loss_forward_reference_f32(const apus_pointwise_loss *loss, int64_t rows, int64_t columns,
                                               const float *positive_weights, const float *x, const float *targets,
                                               float *losses);
void apus_pointwise_loss_forward_reference_f64(const apus_pointwise_loss *loss, int64_t rows, int64_t columns,
                                               const double *positive_weights, const double *x, const double *targets,
                                               double *losses);
void apus_pointwise_loss_backward_reference_f32(const apus_pointwise_loss *loss, int64_t rows, int64_t columns,
                                                const float *positive_weights, const float *x, const float *targets,
                                                const float *dlosses, float *dx);
void apus_pointwise_loss_backward_reference_f64(const apus_pointwise_loss *loss, int64_t rows, int64_t columns,
                                                const double *positive_weights, const double *x, const double *targets,
                                                const double *dlosses, double *dx);

#ifdef __cplusplus
}
#endif
#endif
