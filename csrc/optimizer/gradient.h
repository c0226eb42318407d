#ifndef APUS_OPTIMIZER_GRADIENT_H
#define APUS_OPTIMIZER_GRADIENT_H

#include "apus/gradient.h"

/* One tier's kernels: serial. */
typedef struct apus_gradient_kernels {
  double (*squares)(int64_t count, const float *x);
  void (*scale)(int64_t count, float *x, float factor);
  void (*clip)(int64_t count, float *x, float limit);
  /* Of each column the sum of squares: sums[0 … columns] of value, then of gradient. */
  void (*unit_squares)(int64_t rows, int64_t columns, const float *value, const float *gradient, float *sums);
  /* Each row times the factors. */
  void (*scale_units)(int64_t rows, int64_t columns, const float *factors, float *gradient);
} apus_gradient_kernels;

extern const apus_gradient_kernels apus_gradient_generic;
#if defined(__x86_64__)
extern const apus_gradient_kernels apus_gradient_avx2, apus_gradient_avx512;
#elif defined(__aarch64__)
extern const apus_gradient_kernels apus_gradient_neon;
#endif

/* The references in float. */
double apus_gradient_squares_reference_f32(int64_t count, const float *gradient);
void apus_gradient_scale_reference_f32(int64_t count, float *gradient, float factor);
void apus_gradient_clip_reference_f32(int64_t count, float *gradient, float limit);
void apus_gradient_clip_units_reference_f32(int64_t rows, int64_t columns, const float *value, float *gradient, float clipping,
                                            float floor);

#endif
