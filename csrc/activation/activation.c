#include "apus/activation.h"

void apus_relu_forward(int64_t count, const float *x, float *y) { apus_relu_forward_reference_f32(count, x, y); }

void apus_relu_backward(int64_t count, const float *y, const float *dy, float *dx) {
  apus_relu_backward_reference_f32(count, y, dy, dx);
}

void apus_bias_activation_forward(int64_t rows, int64_t channels, const float *x, const float *bias, apus_activation activation,
                                  float *y) {
  apus_bias_activation_forward_reference_f32(rows, channels, x, bias, activation, y);
}

size_t apus_bias_activation_backward_scratch(int64_t rows, int64_t channels) {
  (void)rows;
  (void)channels;
  return 0;
}

void apus_bias_activation_backward(int64_t rows, int64_t channels, const float *y, const float *dy, apus_activation activation,
                                   float *dz, float *dbias, void *scratch) {
  (void)scratch;
  apus_bias_activation_backward_reference_f32(rows, channels, y, dy, activation, dz, dbias);
}
