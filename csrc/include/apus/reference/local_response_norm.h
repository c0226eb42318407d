#ifndef APUS_REFERENCE_LOCAL_RESPONSE_NORM_H
#define APUS_REFERENCE_LOCAL_RESPONSE_NORM_H

#include "apus/local_response_norm.h"

/* The references of apus/local_response_norm.h. */

#ifdef __cplusplus
extern "C" {
#endif

void apus_local_response_norm_forward_reference_f32(int64_t rows, int64_t channels, int64_t size, float alpha, float beta,
                                                    float k, const float *x, float *y);
void apus_local_response_norm_forward_reference_f64(int64_t rows, int64_t channels, int64_t size, double alpha, double beta,
                                                    double k, const double *x, double *y);
void apus_local_response_norm_backward_reference_f32(int64_t rows, int64_t channels, int64_t size, float alpha, float beta,
                                                     float k, const float *x, const float *dy, float *dx);
void apus_local_response_norm_backward_reference_f64(int64_t rows, int64_t channels, int64_t size, double alpha, double beta,
                                                     double k, const double *x, const double *dy, double *dx);

#ifdef __cplusplus
}
#endif
#endif
