#ifndef APUS_REFERENCE_ACTIVATION_H
#define APUS_REFERENCE_ACTIVATION_H

#include "apus/activation.h"

/* The references of apus/activation.h. */

#ifdef __cplusplus
extern "C" {
#endif

void apus_relu_forward_reference_f32(int64_t count, const float *x, float *y);
void apus_relu_forward_reference_f64(int64_t count, const double *x, double *y);
void apus_relu_backward_reference_f32(int64_t count, const float *y, const float *dy, float *dx);
void apus_relu_backward_reference_f64(int64_t count, const double *y, const double *dy, double *dx);
void apus_bias_activation_forward_reference_f32(int64_t rows, int64_t channels, const float *x, const float *bias,
                                                apus_activation activation, float *y);
void apus_bias_activation_forward_reference_f64(int64_t rows, int64_t channels, const double *x, const double *bias,
                                                apus_activation activation, double *y);
void apus_bias_activation_backward_reference_f32(int64_t rows, int64_t channels, const float *y, const float *dy,
                                                 apus_activation activation, float *dz, float *dbias);
void apus_bias_activation_backward_reference_f64(int64_t rows, int64_t channels, const double *y, const double *dy,
                                                 apus_activation activation, double *dz, double *dbias);

void apus_nonlinearity_forward_reference_f32(apus_nonlinearity function, int64_t count, float a, float b, const float *x,
                                             float *y);
void apus_nonlinearity_forward_reference_f64(apus_nonlinearity function, int64_t count, double a, double b, const double *x,
                                             double *y);
void apus_nonlinearity_backward_reference_f32(apus_nonlinearity function, int64_t count, float a, float b, const float *v,
                                              const float *dy, float *dx);
void apus_nonlinearity_backward_reference_f64(apus_nonlinearity function, int64_t count, double a, double b, const double *v,
                                              const double *dy, double *dx);
void apus_prelu_forward_reference_f32(int64_t rows, int64_t channels, const float *x, const float *a, float *y);
void apus_prelu_forward_reference_f64(int64_t rows, int64_t channels, const double *x, const double *a, double *y);
void apus_prelu_backward_reference_f32(int64_t rows, int64_t channels, const float *x, const float *a, const float *dy, float *dx,
                                       float *da);
void apus_prelu_backward_reference_f64(int64_t rows, int64_t channels, const double *x, const double *a, const double *dy,
                                       double *dx, double *da);
void apus_maxout_forward_reference_f32(int64_t rows, int64_t pieces, int64_t channels, const float *x, float *y, uint8_t *piece);
void apus_maxout_forward_reference_f64(int64_t rows, int64_t pieces, int64_t channels, const double *x, double *y,
                                       uint8_t *piece);
void apus_maxout_backward_reference_f32(int64_t rows, int64_t pieces, int64_t channels, const float *dy, const uint8_t *piece,
                                        float *dx);
void apus_maxout_backward_reference_f64(int64_t rows, int64_t pieces, int64_t channels, const double *dy, const uint8_t *piece,
                                        double *dx);

#ifdef __cplusplus
}
#endif
#endif
