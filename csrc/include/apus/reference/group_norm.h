#ifndef APUS_REFERENCE_GROUP_NORM_H
#define APUS_REFERENCE_GROUP_NORM_H

#include "apus/group_norm.h"

/* The references of apus/group_norm.h. They sum in double whatever their type is. */

#ifdef __cplusplus
extern "C" {
#endif

/* As apus_group_norm_forward_arguments. */
typedef struct apus_group_norm_forward_arguments_f64 {
  const double *x, *gamma, *beta;
  double epsilon;
  const double *residual;
  apus_activation activation;
  double *y, *mean, *mean_rest, *inverse_deviation;
} apus_group_norm_forward_arguments_f64;

/* As apus_group_norm_backward_arguments. */
typedef struct apus_group_norm_backward_arguments_f64 {
  const double *x, *dy, *y, *mean, *mean_rest, *inverse_deviation, *gamma, *beta;
  double epsilon;
  apus_activation activation;
  double *dx, *dresidual, *dgamma, *dbeta;
} apus_group_norm_backward_arguments_f64;

void apus_group_norm_forward_reference_f32(int64_t batch, int64_t positions, int64_t channels, int64_t groups,
                                           const apus_group_norm_forward_arguments *arguments);
void apus_group_norm_forward_reference_f64(int64_t batch, int64_t positions, int64_t channels, int64_t groups,
                                           const apus_group_norm_forward_arguments_f64 *arguments);
void apus_group_norm_backward_reference_f32(int64_t batch, int64_t positions, int64_t channels, int64_t groups,
                                            const apus_group_norm_backward_arguments *arguments);
void apus_group_norm_backward_reference_f64(int64_t batch, int64_t positions, int64_t channels, int64_t groups,
                                            const apus_group_norm_backward_arguments_f64 *arguments);

#ifdef __cplusplus
}
#endif
#endif
