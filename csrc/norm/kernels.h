#ifndef APUS_NORM_KERNELS_H
#define APUS_NORM_KERNELS_H

#include <stdint.h>

#include "norm/wide.h"

/* Which dy pass through the activation: all; those with y > 0; those with fma(x − mean, scale, shift) > 0. */
typedef enum norm_mask { NORM_MASK_NONE, NORM_MASK_Y, NORM_MASK_X } norm_mask;

/* The numbers of the channels; each kernel reads those that it names. */
typedef struct norm_channels {
  const float *mean, *scale, *shift, *factor, *offset, *slope;
} norm_channels;

/* Sums over `count` values around a center that is near their mean: Σ (x − center) and its squares. They are made in float over
 * blocks and added in double; a sum around one center needs nothing but an addition to be merged. */
typedef struct norm_sums {
  double *sum, *squares;
} norm_sums;

/* The statistics made of them, a number a channel (or group): mean + rest·deviation is the mean to double's precision. */
typedef struct norm_statistics {
  float *mean, *rest, *variance, *inverse; /* variance may be NULL */
} norm_statistics;

/* The sums of the backward pass: Σ dz, Σ dz·(x − mean), Σ dz². */
typedef struct norm_gradient_sums {
  double *sum, *dot, *squares;
} norm_gradient_sums;

/* What dx is made of: fma(u, slope, fma(factor, dz, offset)) with u = x − mean, where the statistics are those of x; factor·dz, x
 * read for its mask only, where they are constants. */
typedef enum norm_form { NORM_OF_X, NORM_FROZEN } norm_form;

/* One tier's kernels: serial, over [rows, channels]; relu 0 or 1. stream: tensors come from memory, and the
 * large output is better written past the caches. */
typedef struct apus_batch_norm_kernels {
  /* center = the mean of `count` rows that lie `apart` floats apart; exact where they are equal. */
  void (*center)(int64_t count, int64_t apart, int64_t channels, const float *x, float *center);
  void (*statistics)(int64_t rows, int64_t channels, const float *x, const float *center, norm_sums to);
  /* `count` values a channel. Returns how many channels' sums cannot be trusted (norm_is_suspect). */
  int64_t (*finish)(int64_t channels, double count, double epsilon, const float *center, norm_sums of, norm_statistics to);
  /* y = activation(fma(x − mean, scale, shift) + residual); residual may be NULL. */
  void (*apply)(int64_t rows, int64_t channels, const float *x, norm_channels of, const float *residual, int relu, int stream,
                float *y);
  /* dgamma = Σ dz·x̂, dbeta = Σ dz, and factor, offset and slope of dx by the batch, of `count` values a channel. Returns how many
   * channels' dx float cannot make (norm_gradient_is_suspect); their numbers leave dz as it is. */
  int64_t (*gradient_numbers)(int64_t channels, norm_count count, double epsilon, const float *gamma, const float *rest,
                              const float *inverse, norm_gradient_sums of, float *dgamma, float *dbeta, float *factor,
                              float *offset, float *slope);
  /* With dz the masked dy, stored where it is not NULL. Reads mean, scale, shift. scratch: 3·channels floats. */
  void (*backward_sums)(int64_t rows, int64_t channels, const float *x, const float *y, const float *dy, norm_channels of,
                        norm_mask mask, int stream, float *dz, norm_gradient_sums to, float *scratch);
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
  float mean, rest, inverse; /* rest: of the mean, in deviations; 1 / deviation */
  float offset, slope;       /* of dx */
} norm_row;

/* One tier's kernels of group norm that batch norm's do not serve. */
typedef struct apus_group_norm_kernels {
  /* A center near the mean of `count` elements: that of all where they are few, else of a sample. */
  float (*center)(int64_t count, const float *x);
  /* Σ (x − center) and its squares, of `count` elements. */
  void (*statistics)(int64_t count, const float *x, float center, double *sum, double *squares);
  /* Each group's channels get the mean of their centers. */
  void (*share_center)(int64_t groups, int64_t each, float *center);
  /* Sums of channels become those of their groups, in place. */
  void (*merge)(int64_t groups, int64_t each, norm_sums sums);
  /* A sample's Σ dz·x̂ and Σ dz are added to its channels' dgamma and dbeta, and offset and slope of dx made, whose factor is
   * `scale`; each group has `count` elements. Overwrites the sums, squares with a 1 for each group whose dx float cannot make
   * (norm_gradient_is_suspect), 0 for others; those channels' numbers leave dz as it is. Returns how many groups they are. */
  int64_t (*gradient_numbers)(int64_t groups, int64_t each, norm_count count, double epsilon, const float *gamma,
                              const float *rest, const float *inverse, norm_gradient_sums of, double *dgamma, double *dbeta,
                              float *scale, float *offset, float *slope);
  /* y = activation(fma(x − mean, scale, shift) + residual) of a row. */
  void (*row_apply)(int64_t count, const float *x, norm_row of, const float *residual, int relu, int stream, float *y);
  /* Σ g, Σ g·(x − mean), Σ g² with g = gamma·dz. */
  void (*row_sums)(int64_t count, const float *x, const float *y, const float *dy, norm_row of, norm_mask mask, double sums[3]);
  /* With x̂ = (x − mean)·inverse − rest: dgamma += dz·x̂, dbeta += dz, dx = gamma·inverse·dz + offset + (x − mean)·slope; dz and dx
   * are stored where not NULL. */
  void (*row_dx)(int64_t count, const float *x, const float *y, const float *dy, norm_row of, norm_mask mask, int stream,
                 float *dz, float *dx, float *dgamma, float *dbeta);
  /* Moves sums in float to those in double, which hold nothing yet where `first` is 1. */
  void (*flush)(int64_t count, int first, float *from, double *to);
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
  /* scratch: 3·(channels + before + after + a vector of 16) floats. Both return Σ d over all windows, which is infinite or NaN
   * if a square overflowed. */
  float (*forward)(int64_t rows, int64_t channels, norm_window window, const float *x, float *y, float *scratch);
  float (*backward)(int64_t rows, int64_t channels, norm_window window, const float *x, const float *dy, float *dx,
                    float *scratch);
} apus_local_response_norm_kernels;

extern const apus_local_response_norm_kernels apus_local_response_norm_generic;
#if defined(__x86_64__)
extern const apus_local_response_norm_kernels apus_local_response_norm_avx2, apus_local_response_norm_avx512;
#elif defined(__aarch64__)
extern const apus_local_response_norm_kernels apus_local_response_norm_neon;
#endif

#endif
