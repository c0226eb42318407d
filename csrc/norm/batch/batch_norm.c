/* Planning and drivers of batch normalization. */

#include "apus/batch_norm.h"
#include "apus/reference/batch_norm.h"

#include <assert.h>
#include <math.h>

#include "apus/runtime.h"
#include "norm/kernels.h"
#include "norm/wide.h"
#include "runtime/cache.h"
#include "runtime/columns.h"
#include "runtime/limits.h"
#include "runtime/scratch.h"
#include "runtime/status.h"

static const apus_batch_norm_kernels *const tiers[APUS_ISA_COUNT] = {
    [APUS_ISA_GENERIC] = &apus_batch_norm_generic,
#if defined(__x86_64__)
    [APUS_ISA_AVX2] = &apus_batch_norm_avx2,
    [APUS_ISA_AVX512] = &apus_batch_norm_avx512,
#elif defined(__aarch64__)
    [APUS_ISA_NEON] = &apus_batch_norm_neon,
#endif
};

/* A fork costs as much as the work on this many elements. Rows that the statistics' center is the mean of. */
enum { GRAIN = 16384, CENTER_ROWS = 16 };

/* Floats a chunk and channel: three sums in double, and as many in float while they are made. */
enum { CHUNK_FLOATS = 9 };

apus_status apus_batch_norm_plan_make(apus_batch_norm_plan *plan, int64_t rows, int64_t channels, apus_error *error) {
  const apus_size sizes[] = {{"rows", rows, 1}, {"channels", channels, 1}};
  const int64_t input[] = {rows, channels};
  apus_status status = apus_check_sizes("batch norm", sizes, 2, APUS_MAX_ELEMENTS, error);
  if (status != APUS_OK || (status = apus_check_elements("batch norm", "x", input, 2, error)) != APUS_OK)
    return status;
  int64_t chunks = columns_chunks(rows, channels, 2 * channels * (int64_t)sizeof(double));
  *plan = (apus_batch_norm_plan){
      .rows = rows,
      .channels = channels,
      .isa = (int)apus_isa_current(),
      .chunks = chunks,
      /* The chunks' sums, and the backward pass's three numbers a channel. */
      .scratch_bytes = (size_t)((CHUNK_FLOATS * chunks + 3) * channels) * sizeof(float),
  };
  return apus_succeed(error);
}

typedef struct job {
  const apus_batch_norm_plan *plan;
  const float *x, *y, *dy, *residual, *gamma;
  norm_channels of;
  norm_mask mask;
  int relu, frozen, stream;
  float *to, *dz;
  double *sums; /* [chunks][2 or 3][channels] */
  float *parts; /* [chunks][3][channels] */
  const float *center;
  double epsilon;
  norm_statistics statistics;
} job;

/* Rows that a thread should get at least. */
static int64_t grain(int64_t channels) { return (GRAIN + channels - 1) / channels; }

/* Of so many tensors. */
static int64_t bytes_of(const apus_batch_norm_plan *p, int tensors) {
  return p->rows * p->channels * (int64_t)sizeof(float) * tensors;
}

/* ---- statistics ---- */

static void statistics_chunks(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  const apus_batch_norm_plan *p = j->plan;
  for (int64_t chunk = begin; chunk < end; chunk++) {
    int64_t row = columns_chunk_begin(p->rows, p->chunks, chunk);
    double *sum = j->sums + 2 * chunk * p->channels;
    tiers[p->isa]->statistics(columns_chunk_begin(p->rows, p->chunks, chunk + 1) - row, p->channels, j->x + row * p->channels,
                              j->center, (norm_sums){sum, sum + p->channels});
  }
}

/* Channels whose sums float did not hold. */
static void suspect_statistics(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  const int64_t channels = j->plan->channels;
  for (int64_t c = begin; c < end; c++) {
    if (!norm_is_suspect((double)j->plan->rows, j->epsilon, j->sums[c], j->sums[channels + c]))
      continue;
    double mean, variance;
    apus_norm_wide_statistics((norm_block){j->plan->rows, 1, channels}, j->x + c, &mean, &variance);
    const double inverse = 1 / sqrt(variance + j->epsilon);
    const float rounded = (float)mean;
    j->statistics.mean[c] = rounded;
    j->statistics.rest[c] = (float)((mean - (double)rounded) * inverse);
    j->statistics.variance[c] = (float)variance;
    j->statistics.inverse[c] = (float)inverse;
  }
}

void apus_batch_norm_statistics(const apus_batch_norm_plan *plan, const float *x, double epsilon, float *mean, float *mean_rest,
                                float *variance, float *inverse_deviation, void *scratch) {
  assert(x && mean && mean_rest && variance && inverse_deviation && apus_is_scratch(scratch, plan->scratch_bytes));
  if (!tiers[plan->isa]) {
    apus_batch_norm_statistics_reference_f32(plan->rows, plan->channels, x, epsilon, mean, mean_rest, variance,
                                             inverse_deviation);
    return;
  }
  const int64_t channels = plan->channels;
  double *sums = scratch;
  float *center = (float *)(sums + 2 * plan->chunks * channels);
  const int64_t sampled = plan->rows < CENTER_ROWS ? plan->rows : CENTER_ROWS, apart = plan->rows / sampled;
  tiers[plan->isa]->center(sampled, apart * channels, channels, x + apart / 2 * channels, center);
  job j = {.plan = plan,
           .x = x,
           .sums = sums,
           .center = center,
           .epsilon = epsilon,
           .statistics = {mean, mean_rest, variance, inverse_deviation}};
  apus_parallel_for(plan->chunks, 1, statistics_chunks, &j);
  norm_merge(sums, plan->chunks, 2 * channels, 2 * channels);
  if (tiers[plan->isa]->finish(channels, (double)plan->rows, epsilon, center, (norm_sums){sums, sums + channels}, j.statistics))
    apus_parallel_for(channels, (GRAIN + plan->rows - 1) / plan->rows, suspect_statistics, &j);
}

/* ---- forward ---- */

static void apply_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  int64_t first = begin * j->plan->channels;
  tiers[j->plan->isa]->apply(end - begin, j->plan->channels, j->x + first, j->of, j->residual ? j->residual + first : NULL,
                             j->relu, j->stream, j->to + first);
}

void apus_batch_norm_apply(const apus_batch_norm_plan *plan, const float *x, const apus_batch_norm_map *map, float *y) {
  assert(x && y && map->mean && map->scale && map->shift);
  if (!tiers[plan->isa]) {
    apus_batch_norm_apply_reference_f32(plan->rows, plan->channels, x, map, y);
    return;
  }
  const float *residual = map->residual;
  job j = {.plan = plan,
           .x = x,
           .of = {.mean = map->mean, .scale = map->scale, .shift = map->shift},
           .residual = residual,
           .relu = map->activation == APUS_ACTIVATION_RELU,
           .stream = y != x && y != residual && apus_past_caches(bytes_of(plan, residual ? 3 : 2)),
           .to = y};
  apus_parallel_for(plan->rows, grain(plan->channels), apply_rows, &j);
}

/* ---- backward ---- */

static void sums_chunks(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  const apus_batch_norm_plan *p = j->plan;
  for (int64_t chunk = begin; chunk < end; chunk++) {
    int64_t row = columns_chunk_begin(p->rows, p->chunks, chunk), first = row * p->channels;
    double *sum = j->sums + 3 * chunk * p->channels;
    tiers[p->isa]->backward_sums(
        columns_chunk_begin(p->rows, p->chunks, chunk + 1) - row, p->channels, j->x + first, j->y ? j->y + first : NULL,
        j->dy + first, j->of, j->mask, j->stream, j->dz ? j->dz + first : NULL,
        (norm_gradient_sums){sum, sum + p->channels, sum + 2 * p->channels}, j->parts + 3 * chunk * p->channels);
  }
}

static void dx_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  int64_t channels = j->plan->channels, first = begin * channels;
  tiers[j->plan->isa]->backward_dx(end - begin, channels, j->x + first, j->y ? j->y + first : NULL, j->dy + first, j->of, j->mask,
                                   j->frozen ? NORM_FROZEN : NORM_OF_X, j->stream, j->to + first);
}

/* Channels whose dx holds dz. */
static void suspect_gradients(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  const int64_t channels = j->plan->channels;
  for (int64_t c = begin; c < end; c++) {
    const double inverse = (double)j->statistics.inverse[c], sum = j->sums[c],
                 dot = inverse * j->sums[channels + c] - (double)j->statistics.rest[c] * sum;
    if (norm_gradient_is_suspect(norm_count_of(j->plan->rows), j->epsilon, inverse, sum, dot, j->sums[2 * channels + c]))
      apus_norm_wide_gradient((norm_block){j->plan->rows, 1, channels}, j->x + c, j->gamma ? j->gamma + c : NULL, j->epsilon,
                              j->to + c);
  }
}

static void backward(const apus_batch_norm_plan *plan, const apus_batch_norm_backward_arguments *a, int frozen, void *scratch) {
  assert(a->x && a->dy && a->mean && a->inverse_deviation && a->dgamma && a->dbeta &&
         apus_is_scratch(scratch, plan->scratch_bytes));
  assert(a->activation != APUS_ACTIVATION_RELU || a->y || (a->scale && a->shift));
  const int64_t channels = plan->channels;
  if (!tiers[plan->isa]) {
    apus_batch_norm_backward_arguments of_reference = *a;
    of_reference.mean_rest = frozen ? NULL : a->mean_rest;
    apus_batch_norm_backward_reference_f32(plan->rows, channels, &of_reference);
    return;
  }
  double *sums = scratch;
  float *parts = (float *)(sums + 3 * plan->chunks * channels);
  float *factor = parts + 3 * plan->chunks * channels, *offset = factor + channels, *slope = offset + channels;
  job j = {.plan = plan,
           .x = a->x,
           .dy = a->dy,
           .of = {.mean = a->mean, .scale = a->scale, .shift = a->shift, .factor = factor, .offset = offset, .slope = slope},
           .frozen = frozen,
           .stream = apus_past_caches(bytes_of(plan, 3)),
           .sums = sums,
           .parts = parts,
           .epsilon = a->epsilon,
           .gamma = a->gamma,
           .statistics = {.rest = (float *)a->mean_rest, .inverse = (float *)a->inverse_deviation},
           .to = a->dx};
  if (a->activation == APUS_ACTIVATION_RELU) {
    j.mask = a->y ? NORM_MASK_Y : NORM_MASK_X;
    j.y = a->y;
  }
  /* In place and unmasked, dresidual is there already. */
  j.dz = a->dresidual == a->dy && j.mask == NORM_MASK_NONE ? NULL : a->dresidual;
  apus_parallel_for(plan->chunks, 1, sums_chunks, &j);
  norm_merge(sums, plan->chunks, 3 * channels, 3 * channels);

  int64_t suspects = 0;
  if (frozen)
    for (int64_t c = 0; c < channels; c++) {
      a->dbeta[c] = (float)sums[c];
      a->dgamma[c] = (float)(sums[channels + c] * (double)a->inverse_deviation[c]);
      factor[c] = a->gamma ? a->gamma[c] * a->inverse_deviation[c] : a->inverse_deviation[c];
    }
  else
    suspects = tiers[plan->isa]->gradient_numbers(
        channels, norm_count_of(plan->rows), a->epsilon, a->gamma, a->mean_rest, a->inverse_deviation,
        (norm_gradient_sums){sums, sums + channels, sums + 2 * channels}, a->dgamma, a->dbeta, factor, offset, slope);
  if (!a->dx)
    return;
  if (a->dresidual) { /* it holds dz now */
    j.dy = a->dresidual;
    j.mask = NORM_MASK_NONE;
  }
  apus_parallel_for(plan->rows, grain(channels), dx_rows, &j);
  if (suspects)
    apus_parallel_for(channels, (GRAIN + plan->rows - 1) / plan->rows, suspect_gradients, &j);
}

void apus_batch_norm_backward(const apus_batch_norm_plan *plan, const apus_batch_norm_backward_arguments *arguments,
                              void *scratch) {
  assert(arguments->mean_rest);
  backward(plan, arguments, 0, scratch);
}

void apus_batch_norm_backward_frozen(const apus_batch_norm_plan *plan, const apus_batch_norm_backward_arguments *arguments,
                                     void *scratch) {
  backward(plan, arguments, 1, scratch);
}
