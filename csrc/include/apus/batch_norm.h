#ifndef APUS_BATCH_NORM_H
#define APUS_BATCH_NORM_H

#include <stddef.h>
#include <stdint.h>

#include "apus/status.h"
#include "apus/types.h"

/* Batch normalization (Ioffe & Szegedy 2015) over the rows of x [rows, channels], rows = batch·height·width.
 *   mean[c] = Σ x / rows;   variance[c] = Σ (x − mean)² / rows            (biased: it normalizes)
 *   inverse_deviation[c] = 1 / sqrt(variance + epsilon)
 *   y = activation( fma(x − mean, scale, shift) + residual ),  scale = gamma·inverse_deviation,  shift = beta − gamma·mean_rest
 * each step one rounding, the same bits fused or apart. mean is the float next to the mean, and mean_rest what is missing, in
 * deviations: so a mean far from 0 costs no accuracy, and equal rows give beta exactly.
 *
 * Statistics: sums of distances from a center near the mean (the mean of 16 rows) and of their squares, in float over up to 32
 * rows, in double beyond; chunks of rows fixed by the shape, added in a fixed tree. Channels whose squares overflow or underflow,
 * or whose center was far off, are summed once more in double, and so are those whose dx is a small difference of large terms.
 * y and dx are within 4 units in the last place of the channel's largest one, for values within 1e36 of their mean: beyond,
 * dgamma may overflow on the way (it is then NaN), and a small gamma makes scale subnormal. */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct apus_batch_norm_plan {
  int64_t rows, channels;
  int isa;
  int64_t chunks;       /* of the statistics and of the backward sums; from the shape alone */
  size_t scratch_bytes; /* for the statistics and the backward pass; 64-byte aligned */
} apus_batch_norm_plan;

/* rows and channels at least 1, and at most APUS_MAX_ELEMENTS (2^40) elements of x. */
apus_status apus_batch_norm_plan_make(apus_batch_norm_plan *plan, int64_t rows, int64_t channels, apus_error *error);

/* mean, mean_rest, variance (biased; infinity where float does not hold it), inverse_deviation [channels]. */
void apus_batch_norm_statistics(const apus_batch_norm_plan *plan, const float *x, double epsilon, float *mean, float *mean_rest,
                                float *variance, float *inverse_deviation, void *scratch);
/* inverse_deviation [channels] of a variance that is given (a running one). */
void apus_batch_norm_deviation(int64_t channels, const float *variance, double epsilon, float *inverse_deviation);
/* scale, shift [channels]; gamma, beta may be NULL (1 and 0), mean_rest too (0: the mean is given as a float). */
void apus_batch_norm_fold(int64_t channels, const float *mean_rest, const float *inverse_deviation, const float *gamma,
                          const float *beta, float *scale, float *shift);
/* What apply makes of x. */
typedef struct apus_batch_norm_map {
  const float *mean, *scale, *shift; /* [channels] */
  const float *residual;             /* [rows, channels] or NULL */
  apus_activation activation;
} apus_batch_norm_map;

/* y = activation(fma(x − mean, scale, shift) + residual); y may be x. */
void apus_batch_norm_apply(const apus_batch_norm_plan *plan, const float *x, const apus_batch_norm_map *map, float *y);

/* What the backward pass reads, and from dx on what it writes. */
typedef struct apus_batch_norm_backward_arguments {
  const float *x, *dy;                               /* [rows, channels] */
  const float *y;                                    /* [rows, channels] or NULL: what relu takes its mask from */
  const float *mean, *mean_rest, *inverse_deviation; /* [channels], found in x by apus_batch_norm_statistics */
  const float *scale, *shift;                        /* [channels], of apus_batch_norm_fold; read where y is NULL, by relu */
  const float *gamma;                                /* [channels] or NULL (1) */
  double epsilon;                                    /* as apus_batch_norm_statistics had it */
  apus_activation activation;
  float *dx, *dresidual; /* [rows, channels] or NULL (not wanted); one of them may be dy */
  float *dgamma, *dbeta; /* [channels] */
} apus_batch_norm_backward_arguments;

/* Backward of the batch statistics form.
 * dz = dy where y > 0 (relu) or dy. With x̂ = (x − mean)·inverse_deviation − mean_rest:
 *   dgamma = Σ dz·x̂;  dbeta = Σ dz;  dx = gamma·inverse_deviation·(dz − dbeta/rows − x̂·dgamma/rows);  dresidual = dz
 * relu reads y, or where y is NULL takes the sign of fma(x − mean, scale, shift): what forward computed if it had no residual,
 * and a tensor less to read, twice. */
void apus_batch_norm_backward(const apus_batch_norm_plan *plan, const apus_batch_norm_backward_arguments *arguments,
                              void *scratch);
/* The same where the statistics are constants (running statistics): dx = gamma·inverse_deviation·dz. mean_rest and epsilon are
 * not read. */
void apus_batch_norm_backward_frozen(const apus_batch_norm_plan *plan, const apus_batch_norm_backward_arguments *arguments,
                                     void *scratch);

#ifdef __cplusplus
}
#endif
#endif
