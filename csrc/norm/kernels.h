#ifndef APUS_NORM_KERNELS_H
#define APUS_NORM_KERNELS_H

#include <stdint.h>

/* One tier's kernels: serial, over [rows, channels]; relu 0 or 1. */
typedef struct apus_batch_norm_kernels {
  /* Mean and M2 = Σ (x − mean)² of each channel. */
  void (*statistics)(int64_t rows, int64_t channels, const float *x, float *mean, float *m2);
  /* y = activation(fma(x, scale, shift) + residual); residual may be NULL. */
  void (*apply)(int64_t rows, int64_t channels, const float *x, const float *scale, const float *shift, const float *residual,
                int relu, float *y);
  /* sum = Σ dz, dot = Σ dz·(x − mean), with dz = dy where y > 0 (relu) or dy; dz is stored where it is not NULL. */
  void (*backward_sums)(int64_t rows, int64_t channels, const float *x, const float *y, const float *dy, const float *mean,
                        int relu, float *dz, float *sum, float *dot);
  /* dx = factor·(dz − offset − (x − mean)·slope). */
  void (*backward_dx)(int64_t rows, int64_t channels, const float *x, const float *y, const float *dy, const float *mean,
                      const float *factor, const float *offset, const float *slope, int relu, float *dx);
  /* dx = factor·dz. */
  void (*backward_dx_frozen)(int64_t rows, int64_t channels, const float *y, const float *dy, const float *factor, int relu,
                             float *dx);
} apus_batch_norm_kernels;

extern const apus_batch_norm_kernels apus_batch_norm_generic;
#if defined(__x86_64__)
extern const apus_batch_norm_kernels apus_batch_norm_avx2, apus_batch_norm_avx512;
#elif defined(__aarch64__)
extern const apus_batch_norm_kernels apus_batch_norm_neon;
#endif

#endif
