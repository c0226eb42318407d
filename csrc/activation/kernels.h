#ifndef APUS_ACTIVATION_KERNELS_H
#define APUS_ACTIVATION_KERNELS_H

#include <stdint.h>

#include "apus/activation.h"
#include "apus/runtime.h"

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
  /* In place over `rows` rows of `count` elements, `step` apart. */
  void (*nonlinearity_rows)(apus_nonlinearity function, int64_t rows, int64_t count, int64_t step, float a, float b, float *y);
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

/* y = function(y) over `rows` rows of `count` elements, `step` apart, on this thread and that tier: what a convolution does to a
 * block of outputs that it has just written. */
void apus_activation_rows(const apus_activation_function *function, apus_isa isa, int64_t rows, int64_t count, int64_t step,
                          float *y);

#endif
