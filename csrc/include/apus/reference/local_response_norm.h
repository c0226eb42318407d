#ifndef APUS_REFERENCE_LOCAL_RESPONSE_NORM_H
#define APUS_REFERENCE_LOCAL_RESPONSE_NORM_H

#include "apus/local_response_norm.h"

/* The references of apus/local_response_norm.h. */

#ifdef __cplusplus
extern "C" {
#endif

/* Shape and numbers, as apus_local_response_norm_plan_make takes them. */
typedef struct apus_local_response_norm {
  int64_t rows, channels, size;
  double alpha, beta, k;
} apus_local_response_norm;

void apus_local_response_norm_forward_reference_f32(const apus_local_response_norm *norm, const float *x, float *y);
void apus_local_response_norm_forward_reference_f64(const apus_local_response_norm *norm, const double *x, double *y);
void apus_local_response_norm_backward_reference_f32(const apus_local_response_norm *norm, const float *x, const float *dy,
                                                     float *dx);
void apus_local_response_norm_backward_reference_f64(const apus_local_response_norm *norm, const double *x, const double *dy,
                                                     double *dx);

#ifdef __cplusplus
}
#endif
#endif
