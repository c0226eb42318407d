#ifndef APUS_REFERENCE_BATCH_NORM_H
#define APUS_REFERENCE_BATCH_NORM_H

#include "apus/batch_norm.h"

/* The references of apus/batch_norm.h. They sum in double whatever their type is. */

#ifdef __cplusplus
extern "C" {
#endif

void apus_batch_norm_statistics_reference_f32(int64_t rows, int64_t channels, const float *x, double epsilon, float *mean,
                                              float *mean_rest, float *variance, float *inverse_deviation);
void apus_batch_norm_statistics_reference_f64(int64_t rows, int64_t channels, const double *x, double epsilon, double *mean,
                                              double *mean_rest, double *variance, double *inverse_deviation);
void apus_batch_norm_deviation_reference_f64(int64_t channels, const double *variance, double epsilon, double *inverse_deviation);
void apus_batch_norm_fold_reference_f64(int64_t channels, const double *mean_rest, const double *inverse_deviation,
                                        const double *gamma, const double *beta, double *scale, double *shift);
void apus_batch_norm_apply_reference_f32(int64_t rows, int64_t channels, const float *x, const float *mean, const float *scale,
                                         const float *shift, const float *residual, apus_activation activation, float *y);
void apus_batch_norm_apply_reference_f64(int64_t rows, int64_t channels, const double *x, const double *mean, const double *scale,
                                         const double *shift, const double *residual, apus_activation activation, double *y);

/* mean_rest NULL: as apus_batch_norm_backward_frozen. */
void apus_batch_norm_backward_reference_f32(int64_t rows, int64_t channels, const float *x, const float *y, const float *dy,
                                            const float *mean, const float *mean_rest, const float *inverse_deviation,
                                            const float *scale, const float *shift, const float *gamma, double epsilon,
                                            apus_activation activation, float *dx, float *dgamma, float *dbeta, float *dresidual);
void apus_batch_norm_backward_reference_f64(int64_t rows, int64_t channels, const double *x, const double *y, const double *dy,
                                            const double *mean, const double *mean_rest, const double *inverse_deviation,
                                            const double *scale, const double *shift, const double *gamma, double epsilon,
                                            apus_activation activation, double *dx, double *dgamma, double *dbeta,
                                            double *dresidual);

#ifdef __cplusplus
}
#endif
#endif
