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

/* As apus_batch_norm_map. */
typedef struct apus_batch_norm_map_f64 {
  const double *mean, *scale, *shift, *residual;
  apus_activation activation;
} apus_batch_norm_map_f64;

void apus_batch_norm_apply_reference_f32(int64_t rows, int64_t channels, const float *x, const apus_batch_norm_map *map,
                                         float *y);
void apus_batch_norm_apply_reference_f64(int64_t rows, int64_t channels, const double *x, const apus_batch_norm_map_f64 *map,
                                         double *y);

/* As apus_batch_norm_backward_arguments. */
typedef struct apus_batch_norm_backward_arguments_f64 {
  const double *x, *dy, *y, *mean, *mean_rest, *inverse_deviation, *scale, *shift, *gamma;
  double epsilon;
  apus_activation activation;
  double *dx, *dresidual, *dgamma, *dbeta;
} apus_batch_norm_backward_arguments_f64;

/* Where mean_rest is NULL as apus_batch_norm_backward_frozen, which reads inverse_deviation; else mean and deviation are found
 * in x once more. */
void apus_batch_norm_backward_reference_f32(int64_t rows, int64_t channels, const apus_batch_norm_backward_arguments *arguments);
void apus_batch_norm_backward_reference_f64(int64_t rows, int64_t channels,
                                            const apus_batch_norm_backward_arguments_f64 *arguments);

#ifdef __cplusplus
}
#endif
#endif
