#ifndef APUS_REFERENCE_GROUP_NORM_H
#define APUS_REFERENCE_GROUP_NORM_H

#include "apus/group_norm.h"

/* The references of apus/group_norm.h. They sum in double whatever their type is. */

#ifdef __cplusplus
extern "C" {
#endif

void apus_group_norm_forward_reference_f32(int64_t batch, int64_t positions, int64_t channels, int64_t groups, const float *x,
                                           const float *gamma, const float *beta, double epsilon, const float *residual,
                                           apus_activation activation, float *y, float *mean, float *mean_rest,
                                           float *inverse_deviation);
void apus_group_norm_backward_reference_f32(int64_t batch, int64_t positions, int64_t channels, int64_t groups, const float *x,
                                            const float *y, const float *dy, const float *mean, const float *mean_rest,
                                            const float *inverse_deviation, const float *gamma, const float *beta, double epsilon,
                                            apus_activation activation, float *dx, float *dgamma, float *dbeta, float *dresidual);
void apus_group_norm_forward_reference_f64(int64_t batch, int64_t positions, int64_t channels, int64_t groups, const double *x,
                                           const double *gamma, const double *beta, double epsilon, const double *residual,
                                           apus_activation activation, double *y, double *mean, double *mean_rest,
                                           double *inverse_deviation);
void apus_group_norm_backward_reference_f64(int64_t batch, int64_t positions, int64_t channels, int64_t groups, const double *x,
                                            const double *y, const double *dy, const double *mean, const double *mean_rest,
                                            const double *inverse_deviation, const double *gamma, const double *beta,
                                            double epsilon, apus_activation activation, double *dx, double *dgamma, double *dbeta,
                                            double *dresidual);

#ifdef __cplusplus
}
#endif
#endif
