#ifndef APUS_GROUP_NORM_H
#define APUS_GROUP_NORM_H

#include <stddef.h>
#include <stdint.h>

#include "apus/status.h"
#include "apus/types.h"

/* Group normalization (Wu & He 2018) of x [batch, positions, channels]: each sample by itself, over its positions and the
 * channels of a group g, channels/groups of them, neighbors.
 *   mean[n, g] = Σ x / m;   variance[n, g] = Σ (x − mean)² / m  (biased),   m = positions·channels/groups
 *   inverse_deviation[n, g] = 1 / sqrt(variance + epsilon)
 *   y = activation( fma(x − mean, scale, shift) + residual ),  scale = gamma[c]·inverse_deviation,
 *   shift = beta[c] − gamma[c]·mean_rest
 * each step one rounding, the same bits fused or apart. mean is the float next to the mean, mean_rest what is missing, in
 * deviations.
 * groups = channels: instance norm (Ulyanov et al. 2016). groups = 1: layer norm over all of a sample (Ba et al. 2016); with
 * positions = 1 too, layer norm over rows of `channels` elements that each have a gamma and a beta of their own.
 * Sums are of distances from a center near the mean and of their squares, as in batch norm, and so is the accuracy: 4 units in
 * the last place of the group's largest y or dx, for values within 1e36 of their mean (as in batch_norm.h). Nothing depends on
 * the number of threads. */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct apus_group_norm_plan {
  int64_t batch, positions, channels, groups;
  int isa;
  int64_t chunks;       /* of samples, and of the parameters' partial gradients; from the shape alone */
  int64_t parts;        /* into which each of few large samples is cut; from the shape alone */
  size_t scratch_bytes; /* 64-byte aligned */
} apus_group_norm_plan;

/* groups must divide channels; all sizes at least 1, and at most APUS_MAX_ELEMENTS (2^40) elements of x. */
apus_status apus_group_norm_plan_make(apus_group_norm_plan *plan, int64_t batch, int64_t positions, int64_t channels,
                                      int64_t groups, apus_error *error);

/* What the forward pass reads, and from y on what it writes. */
typedef struct apus_group_norm_forward_arguments {
  const float *x;            /* [batch, positions, channels] */
  const float *gamma, *beta; /* [channels] or NULL (1 and 0) */
  double epsilon;
  const float *residual; /* as x or NULL */
  apus_activation activation;
  float *y;                                    /* as x; may be x */
  float *mean, *mean_rest, *inverse_deviation; /* [batch, groups] */
} apus_group_norm_forward_arguments;

void apus_group_norm_forward(const apus_group_norm_plan *plan, const apus_group_norm_forward_arguments *arguments, void *scratch);

/* What the backward pass reads, and from dx on what it writes. */
typedef struct apus_group_norm_backward_arguments {
  const float *x, *dy;                               /* [batch, positions, channels] */
  const float *y;                                    /* as x or NULL: what relu takes its mask from */
  const float *mean, *mean_rest, *inverse_deviation; /* [batch, groups], found in x by the forward pass */
  const float *gamma, *beta;                         /* [channels] or NULL (1 and 0) */
  double epsilon;                                    /* as the forward pass had it */
  apus_activation activation;
  float *dx, *dresidual; /* as x or NULL (not wanted); dresidual may be dy */
  float *dgamma, *dbeta; /* [channels] */
} apus_group_norm_backward_arguments;

/* dz = dy where y > 0 (relu) or dy. With x̂ = (x − mean)·inverse_deviation − mean_rest, sums over a group's m elements of a
 * sample:
 *   dgamma[c] = Σ dz·x̂;  dbeta[c] = Σ dz;  dresidual = dz
 *   dx = inverse_deviation·(gamma·dz − Σ gamma·dz / m − x̂·Σ gamma·dz·x̂ / m)
 * relu reads y, or where y is NULL takes the sign of fma(x − mean, scale, shift): what forward computed if it had no residual. */
void apus_group_norm_backward(const apus_group_norm_plan *plan, const apus_group_norm_backward_arguments *arguments,
                              void *scratch);

#ifdef __cplusplus
}
#endif
#endif
