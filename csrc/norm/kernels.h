#ifndef APUS_NORM_KERNELS_H
#define APUS_NORM_KERNELS_H

#include <stdint.h>

/* Which dy pass through the activation: all; those with y > 0; those with fma(x, scale, shift) > 0. */
typedef enum norm_mask { NORM_MASK_NONE, NORM_MASK_Y, NORM_MASK_X } norm_mask;

/* The numbers of the channels; each kernel reads those that it names. */
typedef struct norm_channels {
  const float *scale, *shift, *mean, *factor, *offset, *slope;
} norm_channels;

/* What dx is made of, u = x − mean: factor·(dz − offset − u·slope); factor·dz, x read for its mask only; factor·dz − offset −
 * u·slope, which holds for a factor of 0 too. */
typedef enum norm_form { NORM_BY_BATCH, NORM_FROZEN, NORM_BY_GROUP } norm_form;

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
  void (*backward_dx)(int64_t rows, int64_t channels, const float *x, const float *y, const float *dy, norm_channels of,
                      norm_mask mask, norm_form form, int stream, float *dx);
} apus_batch_norm_kernels;

extern const apus_batch_norm_kernels apus_batch_norm_generic;
#if defined(__x86_64__)
extern const apus_batch_norm_kernels apus_batch_norm_avx2, apus_batch_norm_avx512;
#elif defined(__aarch64__)
extern const apus_batch_norm_kernels apus_batch_norm_neon;
#endif

/* Numbers of one row whose elements have statistics in common, beside which each has a gamma and a beta of its own (or NULL). */
typedef struct norm_row {
  const float *gamma, *beta;
  float mean, inverse; /* 1 / deviation */
  float offset, slope; /* of dx */
} norm_row;

/* One tier's kernels of group norm that batch norm's do not serve. */
typedef struct apus_group_norm_kernels {
  /* Mean and M2 of `count` elements. */
  void (*statistics)(int64_t count, const float *x, float *mean, float *m2);
  /* Mean and M2 of each group from those of its channels, `rows` elements each. */
  void (*merge)(int64_t groups, int64_t each, float rows, const float *mean, const float *m2, float *group_mean, float *group_m2);
  /* Σ gamma·a and Σ gamma·b over each group's channels. */
  void (*weigh)(int64_t groups, int64_t each, const float *gamma, const float *a, const float *b, float *group_a, float *group_b);
  /* y = activation(fma(x, scale, shift) + residual) of a row. */
  void (*row_apply)(int64_t count, const float *x, norm_row of, const float *residual, int relu, int stream, float *y);
  /* sum = Σ gamma·dz, dot = Σ gamma·dz·(x − mean). */
  void (*row_sums)(int64_t count, const float *x, const float *y, const float *dy, norm_row of, norm_mask mask, float *sum,
                   float *dot);
  /* dgamma += dz·x̂, dbeta += dz, dx = gamma·inverse·dz − offset − (x − mean)·slope; dz and dx are stored where not NULL. */
  void (*row_dx)(int64_t count, const float *x, const float *y, const float *dy, norm_row of, norm_mask mask, int stream,
                 float *dz, float *dx, float *dgamma, float *dbeta);
} apus_group_norm_kernels;

extern const apus_group_norm_kernels apus_group_norm_generic;
#if defined(__x86_64__)
extern const apus_group_norm_kernels apus_group_norm_avx2, apus_group_norm_avx512;
#elif defined(__aarch64__)
extern const apus_group_norm_kernels apus_group_norm_neon;
#endif

/* Local response norm: a window reaches `before` channels back and `after` on; factor = alpha/size. */
typedef struct norm_window {
  int64_t before, after;
  float factor, beta, k;
} norm_window;

typedef struct apus_local_response_norm_kernels {
  /* scratch: 3·(channels + before + after + a vector of 16) floats. */
  void (*forward)(int64_t rows, int64_t channels, norm_window window, const float *x, float *y, float *scratch);
  void (*backward)(int64_t rows, int64_t channels, norm_window window, const float *x, const float *dy, float *dx,
                   float *scratch);
} apus_local_response_norm_kernels;

extern const apus_local_response_norm_kernels apus_local_response_norm_generic;
#if defined(__x86_64__)
extern const apus_local_response_norm_kernels apus_local_response_norm_avx2, apus_local_response_norm_avx512;
#elif defined(__aarch64__)
extern const apus_local_response_norm_kernels apus_local_response_norm_neon;
#endif

#endif
