#ifndef APUS_RESAMPLE_KERNELS_H
#define APUS_RESAMPLE_KERNELS_H

#include "apus/resample.h"

/* One tier's kernel: serial. y = Σ_t weights[t]·(x + t·inner), vectors of `inner` floats. */
typedef struct apus_resample_kernels {
  void (*sum)(int64_t inner, int64_t taps, const float *weights, const float *x, float *y);
} apus_resample_kernels;

extern const apus_resample_kernels apus_resample_generic;
#if defined(__x86_64__)
extern const apus_resample_kernels apus_resample_avx2, apus_resample_avx512;
#elif defined(__aarch64__)
extern const apus_resample_kernels apus_resample_neon;
#endif

#endif
