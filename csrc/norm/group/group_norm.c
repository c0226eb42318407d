/* Planning of group normalization, and its two drivers' common door. */

#include "apus/reference/group_norm.h"
#include "norm/group/group_norm.h"

#include <assert.h>

#include "apus/runtime.h"
#include "runtime/integers.h"
#include "runtime/limits.h"
#include "runtime/merge.h"
#include "runtime/scratch.h"
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

void apus_group_norm_forward(const apus_group_norm_plan *plan, const apus_group_norm_forward_arguments *a, void *scratch) {
  assert(a->x && a->y && a->mean && a->mean_rest && a->inverse_deviation && apus_is_scratch(scratch, plan->scratch_bytes));
  if (!apus_group_norm_tiers[plan->isa]) {
    apus_group_norm_forward_reference_f32(plan->batch, plan->positions, plan->channels, plan->groups, a);
    return;
  }
  group_job job = {.plan = plan,
                   .x = a->x,
                   .gamma = a->gamma,
                   .beta = a->beta,
                   .residual = a->residual,
                   .epsilon = a->epsilon,
                   .relu = a->activation == APUS_ACTIVATION_RELU,
                   .stream = a->y != a->x && a->y != a->residual && past_caches(plan, a->residual ? 3 : 2),
                   .mean = a->mean,
                   .rest = a->mean_rest,
                   .inverse = a->inverse_deviation,
                   .out = a->y,
                   .scratch = scratch};
  if (group_by_rows(plan))
    apus_group_rows_forward(&job);
  else
    apus_group_columns_forward(&job);
}

void apus_group_norm_backward(const apus_group_norm_plan *plan, const apus_group_norm_backward_arguments *a, void *scratch) {
  assert(a->x && a->dy && a->mean && a->mean_rest && a->inverse_deviation && a->dgamma && a->dbeta &&
         apus_is_scratch(scratch, plan->scratch_bytes));
  if (!apus_group_norm_tiers[plan->isa]) {
    apus_group_norm_backward_reference_f32(plan->batch, plan->positions, plan->channels, plan->groups, a);
    return;
  }
  group_job job = {.plan = plan,
                   .x = a->x,
                   .dy = a->dy,
                   .gamma = a->gamma,
                   .beta = a->beta,
                   .stream = past_caches(plan, 3),
                   .epsilon = a->epsilon,
                   .mean = (float *)a->mean,
                   .rest = (float *)a->mean_rest,
                   .inverse = (float *)a->inverse_deviation,
                   .out = a->dx,
                   .dgamma = a->dgamma,
                   .dbeta = a->dbeta,
                   .scratch = scratch};
  if (a->activation == APUS_ACTIVATION_RELU) {
    job.mask = a->y ? NORM_MASK_Y : NORM_MASK_X;
    job.y = a->y;
  }
  /* In place and unmasked, dresidual is there already. */
  job.dz = a->dresidual == a->dy && job.mask == NORM_MASK_NONE ? NULL : a->dresidual;
  if (group_by_rows(plan))
    apus_group_rows_backward(&job);
  else
    apus_group_columns_backward(&job);
}
