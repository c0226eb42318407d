#ifndef APUS_ACTIVATION_H
#define APUS_ACTIVATION_H

#include <stddef.h>
#include <stdint.h>

#include "apus/conv2d.h"
#include "apus/status.h"

/* ReLU: max(x, 0); NaN stays NaN; the derivative at 0 is 0. And the backward of "+ bias, activation" over rows. */

#ifdef __cplusplus
extern "C" {
#endif

/* y may be x. */
void apus_relu_forward(int64_t count, const float *x, float *y);
/* dx = dy where y > 0, else 0; dx may be dy. */
void apus_relu_backward(int64_t count, const float *y, const float *dy, float *dx);

/* y = activation(x + bias[c]), x [rows, channels]; y may be x. */
void apus_bias_activation_forward(int64_t rows, int64_t channels, const float *x, const float *bias, apus_activation activation,
                                  float *y);
/* dz = dy where y > 0 (relu; y is read for that only) or dy; dbias[c] = Σ_rows dz, in chunks of rows fixed by the shape, merged
 * in a fixed tree. dz or dbias may be NULL; dz may be dy. */
size_t apus_bias_activation_backward_scratch(int64_t rows, int64_t channels);
void apus_bias_activation_backward(int64_t rows, int64_t channels, const float *y, const float *dy, apus_activation activation,
                                   float *dz, float *dbias, void *scratch);

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

#ifdef __cplusplus
}
#endif
#endif
