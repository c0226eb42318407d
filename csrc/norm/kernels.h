#ifndef APUS_NORM_KERNELS_H
#define APUS_NORM_KERNELS_H

#include <stdint.h>

/* Which dy pass through the activation: all; those with y > 0; those with fma(x, scale, shift) > 0. */
typedef enum norm_mask { NORM_MASK_NONE, NORM_MASK_Y, NORM_MASK_X } norm_mask;

/* The numbers of the channels; each kernel reads those that it names. */
typedef struct norm_channels {
  const float *scale, *shift, *mean, *factor, *offset, *slope;
} norm_channels;

/* One tier's kernels: serial, over [rows, channels]; relu 0 or 1. stream: tensors come from memory, and the
 * large output is better written past the caches. */
typedef struct apus_batch_norm_kernels {
  /* Mean and M2 = Σ (x − mean)² of each channel. */
  void (*statistics)(int64_t rows, int64_t channels, const float *x, float *mean, float *m2);
  /* y = activation(fma(x, scale, shift) + residual); residual may be NULL. */
  void (*apply)(int64_t rows, int64_t channels, const float *x, norm_channels of, const float *residual, int relu, int stream,
                float *y);
  /* sum = Σ dz, dot = Σ dz·(x − mean), with dz the masked dy; dz is stored where it is not NULL. Reads mean, scale, shift. */
  void (*backward_sums)(int64_t rows, int64_t channels, const float *x, const float *y, const float *dy, norm_channels of,
                        norm_mask mask, int stream, float *dz, float *sum, float *dot);
  /* dx = factor·(dz − offset − (x − mean)·slope), or frozen: dx = factor·dz, which reads x for its mask only. */
  void (*backward_dx)(int64_t rows, int64_t channels, const float *x, const float *y, const float *dy, norm_channels of,
                      norm_mask mask, int frozen, int stream, float *dx);
} apus_batch_norm_kernels;

extern const apus_batch_norm_kernels apus_batch_norm_generic;
#if defined(__x86_64__)
extern const apus_batch_norm_kernels apus_batch_norm_avx2, apus_batch_norm_avx512;
#elif defined(__aarch64__)
extern const apus_batch_norm_kernels apus_batch_norm_neon;
#endif

#endif
