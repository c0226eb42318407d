#ifndef APUS_ACTIVATION_KERNELS_H
#define APUS_ACTIVATION_KERNELS_H

#include <stdint.h>

#include "apus/activation.h"

/* One tier's kernels: serial, relu 0 or 1, otherwise as apus/activation.h. stream: the large output, which is not an input, is
 * better written past the caches. */
typedef struct apus_activation_kernels {
  void (*relu_forward)(int64_t count, const float *x, int stream, float *y);
  void (*relu_backward)(int64_t count, const float *y, const float *dy, int stream, float *dx);
  void (*bias_activation_forward)(int64_t rows, int64_t channels, const float *x, const float *bias, int relu, int stream,
                                  float *y);
  /* dz may be NULL; dbias is written. */
  void (*bias_activation_backward)(int64_t rows, int64_t channels, const float *y, const float *dy, int relu, int stream,
                                   float *dz, float *dbias);
  void (*nonlinearity_forward)(apus_nonlinearity function, int64_t count, float a, float b, const float *x, int stream, float *y);
  void (*nonlinearity_backward)(apus_nonlinearity function, int64_t count, float a, float b, const float *v, const float *dy,
                                int stream, float *dx);
  void (*prelu_forward)(int64_t rows, int64_t channels, const float *x, const float *a, int stream, float *y);
  void (*prelu_backward)(int64_t rows, int64_t channels, const float *x, const float *a, const float *dy, int stream, float *dx,
                         float *da);
  void (*maxout_forward)(int64_t rows, int64_t pieces, int64_t channels, const float *x, float *y, uint8_t *piece);
  void (*maxout_backward)(int64_t rows, int64_t pieces, int64_t channels, const float *dy, const uint8_t *piece, int stream,
                          float *dx);
} apus_activation_kernels;

extern const apus_activation_kernels apus_activation_generic;
#if defined(__x86_64__)
extern const apus_activation_kernels apus_activation_avx2, apus_activation_avx512;
#elif defined(__aarch64__)
extern const apus_activation_kernels apus_activation_neon;
#endif

/* The kernels of the tier in use; NULL: the reference. */
const apus_activation_kernels *apus_activation_current(void);

#endif
