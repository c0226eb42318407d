/* Planning of group normalization, and its two drivers' common door. */

#include "apus/reference/group_norm.h"
#include "norm/group/group_norm.h"

#include "apus/runtime.h"
#include "runtime/integers.h"
#include "runtime/limits.h"
#include "runtime/merge.h"
#include "runtime/status.h"

/* Floats a channel that a unit of work keeps: sums and gradients of parameters in double, and what it makes of them. */
enum { VECTORS = 16, FEW_SAMPLES = 16, MOST_UNITS = 32, PARTIAL_BYTES = 2 << 20, MOST_ROWS_KEPT = 1 << 19 };

/* Fewer samples than threads may be: each is cut into parts. */
static int64_t parts_of(const apus_group_norm_plan *p) {
  if (p->batch >= FEW_SAMPLES)
    return 1;
  const int rows = group_by_rows(p);
  int64_t parts = apus_min(p->positions * p->channels / GROUP_GRAIN, MOST_UNITS / p->batch);
  parts = apus_min(parts, (rows ? p->channels : p->positions) / 16);
  if (!rows)
    parts = apus_min(parts, PARTIAL_BYTES / (2 * (int64_t)sizeof(float) * p->channels * p->batch));
  return apus_max(parts, 1);
}

apus_status apus_group_norm_plan_make(apus_group_norm_plan *plan, int64_t batch, int64_t positions, int64_t channels,
                                      int64_t groups, apus_error *error) {
  const apus_size sizes[] = {{"batch", batch, 1}, {"positions", positions, 1}, {"channels", channels, 1}, {"groups", groups, 1}};
  const int64_t input[] = {batch, positions, channels};
  apus_status status = apus_check_sizes("group norm", sizes, 4, APUS_MAX_ELEMENTS, error);
  if (status != APUS_OK || (status = apus_check_elements("group norm", "x", input, 3, error)) != APUS_OK)
    return status;
  if (channels % groups != 0)
    return apus_fail(error, APUS_INVALID_ARGUMENT, "group norm: %lld groups do not divide %lld channels", (long long)groups,
                     (long long)channels);
  *plan = (apus_group_norm_plan){
      .batch = batch, .positions = positions, .channels = channels, .groups = groups, .isa = (int)apus_isa_current()};
  plan->chunks = apus_merge_chunks(batch, 2 * channels);
  while (plan->chunks > 1 && batch * positions * channels / plan->chunks < GROUP_GRAIN)
    plan->chunks /= 2;
  plan->parts = parts_of(plan);
  /* So many rows that their sums would be too much to keep: chunks add up as they go, however many the channels are. */
  if (group_by_rows(plan) && plan->chunks == 1 && batch > MOST_ROWS_KEPT)
    plan->chunks = 2;
  int64_t floats;
  if (group_by_rows(plan))
    /* The chunks' gradients, in double and in float, or three sums in double a part and a row. */
    floats = plan->chunks > 1 && plan->parts == 1 ? 6 * channels * plan->chunks : 6 * batch * (plan->parts + 1);
  else
    floats = (plan->parts > 1 ? batch * plan->parts : plan->chunks) * VECTORS * channels;
  plan->scratch_bytes = (size_t)floats * sizeof(float);
  return apus_succeed(error);
}

/* Of so many tensors. */
static int past_caches(const apus_group_norm_plan *p, int tensors) {
  return apus_past_caches(p->batch * p->positions * p->channels * (int64_t)sizeof(float) * tensors);
}

void apus_group_norm_forward(const apus_group_norm_plan *plan, const float *x, const float *gamma, const float *beta,
                             double epsilon, const float *residual, apus_activation activation, float *y, float *mean,
                             float *mean_rest, float *inverse_deviation, void *scratch) {
  if (!apus_group_norm_tiers[plan->isa]) {
    apus_group_norm_forward_reference_f32(plan->batch, plan->positions, plan->channels, plan->groups, x, gamma, beta, epsilon,
                                          residual, activation, y, mean, mean_rest, inverse_deviation);
    return;
  }
  group_job job = {.plan = plan,
                   .x = x,
                   .gamma = gamma,
                   .beta = beta,
                   .residual = residual,
                   .epsilon = epsilon,
                   .relu = activation == APUS_ACTIVATION_RELU,
                   .stream = y != x && y != residual && past_caches(plan, residual ? 3 : 2),
                   .mean = mean,
                   .rest = mean_rest,
                   .inverse = inverse_deviation,
                   .out = y,
                   .scratch = scratch};
  if (group_by_rows(plan))
    apus_group_rows_forward(&job);
  else
    apus_group_columns_forward(&job);
}

void apus_group_norm_backward(const apus_group_norm_plan *plan, const float *x, const float *y, const float *dy,
                              const float *mean, const float *mean_rest, const float *inverse_deviation, const float *gamma,
                              const float *beta, double epsilon, apus_activation activation, float *dx, float *dgamma,
                              float *dbeta, float *dresidual, void *scratch) {
  if (!apus_group_norm_tiers[plan->isa]) {
    apus_group_norm_backward_reference_f32(plan->batch, plan->positions, plan->channels, plan->groups, x, y, dy, mean, mean_rest,
                                           inverse_deviation, gamma, beta, epsilon, activation, dx, dgamma, dbeta, dresidual);
    return;
  }
  group_job job = {.plan = plan,
                   .x = x,
                   .dy = dy,
                   .gamma = gamma,
                   .beta = beta,
                   .stream = past_caches(plan, 3),
                   .epsilon = epsilon,
                   .mean = (float *)mean,
                   .rest = (float *)mean_rest,
                   .inverse = (float *)inverse_deviation,
                   .out = dx,
                   .dgamma = dgamma,
                   .dbeta = dbeta,
                   .scratch = scratch};
  if (activation == APUS_ACTIVATION_RELU) {
    job.mask = y ? NORM_MASK_Y : NORM_MASK_X;
    job.y = y;
  }
  /* In place and unmasked, dresidual is there already. */
  job.dz = dresidual == dy && job.mask == NORM_MASK_NONE ? NULL : dresidual;
  if (group_by_rows(plan))
    apus_group_rows_backward(&job);
  else
    apus_group_columns_backward(&job);
}
