#ifndef APUS_RESAMPLE_KERNELS_H
#define APUS_RESAMPLE_KERNELS_H

#include "apus/image_resize.h"
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

/* Of an image of bytes: a row as floats; a row scaled; the bytes of the sum of `taps` rows. */
typedef struct apus_image_kernels {
  void (*widen)(int64_t count, const uint8_t *x, float *row);
  void (*across)(const apus_taps *table, int channels, const float *row, float *wide);
  void (*down)(int64_t count, int64_t taps, const float *weights, const float *const *rows, uint8_t *y);
} apus_image_kernels;

extern const apus_image_kernels apus_image_generic;
#if defined(__x86_64__)
extern const apus_image_kernels apus_image_avx2, apus_image_avx512;
#elif defined(__aarch64__)
extern const apus_image_kernels apus_image_neon;
#endif

#endif
