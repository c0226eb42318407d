/* Planning and drivers of batch normalisation. */

#include "apus/batch_norm.h"

#include <string.h>

#include "apus/runtime.h"
#include "norm/chan.h"
#include "norm/kernels.h"
#include "runtime/cache.h"
#include "runtime/columns.h"
#include "runtime/limits.h"
#include "runtime/merge.h"
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

/* A fork costs as much as the work on this many elements. */
enum { GRAIN = 16384 };

apus_status apus_batch_norm_plan_make(apus_batch_norm_plan *plan, int64_t rows, int64_t channels, apus_error *error) {
  const apus_size sizes[] = {{"rows", rows, 1}, {"channels", channels, 1}};
  const int64_t input[] = {rows, channels};
  apus_status status = apus_check_sizes("batch norm", sizes, 2, APUS_MAX_ELEMENTS, error);
  if (status != APUS_OK || (status = apus_check_elements("batch norm", "x", input, 2, error)) != APUS_OK)
    return status;
  int64_t chunks = columns_chunks(rows, channels, 2 * channels * (int64_t)sizeof(float));
  *plan = (apus_batch_norm_plan){
      .rows = rows,
      .channels = channels,
      .isa = (int)apus_isa_current(),
      .chunks = chunks,
      /* Two partial results a chunk, and the backward pass's three numbers a channel. */
      .scratch_bytes = (size_t)((2 * chunks + 3) * channels) * sizeof(float),
  };
  return apus_succeed(error);
}

typedef struct job {
  const apus_batch_norm_plan *plan;
  const float *x, *y, *dy, *residual;
  norm_channels of;
  norm_mask mask;
  int relu, frozen, stream;
  float *to, *dz;
  float *partials; /* [chunks][2][channels] */
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
    float *mean = j->partials + 2 * chunk * p->channels;
    tiers[p->isa]->statistics(columns_chunk_begin(p->rows, p->chunks, chunk + 1) - row, p->channels, j->x + row * p->channels,
                              mean, mean + p->channels);
  }
}

/* Rows of the chunks [first, last); last may lie behind the end. */
static int64_t rows_of_chunks(const apus_batch_norm_plan *p, int64_t first, int64_t last) {
  return columns_chunk_begin(p->rows, p->chunks, last < p->chunks ? last : p->chunks) -
         columns_chunk_begin(p->rows, p->chunks, first);
}

static void merge_statistics(const apus_batch_norm_plan *p, float *partials) {
  const int64_t width = 2 * p->channels;
  for (int64_t step = 1; step < p->chunks; step *= 2)
    for (int64_t i = 0; i + step < p->chunks; i += 2 * step) {
      float *a = partials + i * width, *b = partials + (i + step) * width;
      chan_merge(p->channels, rows_of_chunks(p, i, i + step), a, a + p->channels, rows_of_chunks(p, i + step, i + 2 * step), b,
                 b + p->channels);
    }
}

void apus_batch_norm_statistics(const apus_batch_norm_plan *plan, const float *x, float *mean, float *variance, void *scratch) {
  if (!tiers[plan->isa]) {
    apus_batch_norm_statistics_reference_f32(plan->rows, plan->channels, x, mean, variance);
    return;
  }
  job j = {.plan = plan, .x = x, .partials = scratch};
  apus_parallel_for(plan->chunks, 1, statistics_chunks, &j);
  merge_statistics(plan, j.partials);
  memcpy(mean, j.partials, (size_t)plan->channels * sizeof *mean);
  for (int64_t c = 0; c < plan->channels; c++)
    variance[c] = j.partials[plan->channels + c] / (float)plan->rows;
}

/* ---- forward ---- */

static void apply_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  int64_t first = begin * j->plan->channels;
  tiers[j->plan->isa]->apply(end - begin, j->plan->channels, j->x + first, j->of, j->residual ? j->residual + first : NULL,
                             j->relu, j->stream, j->to + first);
}

void apus_batch_norm_apply(const apus_batch_norm_plan *plan, const float *x, const float *scale, const float *shift,
                           const float *residual, apus_activation activation, float *y) {
  if (!tiers[plan->isa]) {
    apus_batch_norm_apply_reference_f32(plan->rows, plan->channels, x, scale, shift, residual, activation, y);
    return;
  }
  job j = {.plan = plan,
           .x = x,
           .of = {.scale = scale, .shift = shift},
           .residual = residual,
           .relu = activation == APUS_ACTIVATION_RELU,
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
    float *sum = j->partials + 2 * chunk * p->channels;
    tiers[p->isa]->backward_sums(columns_chunk_begin(p->rows, p->chunks, chunk + 1) - row, p->channels, j->x + first,
                                 j->y ? j->y + first : NULL, j->dy + first, j->of, j->mask, j->stream,
                                 j->dz ? j->dz + first : NULL, sum, sum + p->channels);
  }
}

static void dx_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  int64_t channels = j->plan->channels, first = begin * channels;
  tiers[j->plan->isa]->backward_dx(end - begin, channels, j->x + first, j->y ? j->y + first : NULL, j->dy + first, j->of, j->mask,
                                   j->frozen ? NORM_FROZEN : NORM_BY_BATCH, j->stream, j->to + first);
}

static void backward(const apus_batch_norm_plan *plan, const float *x, const float *y, const float *scale, const float *shift,
                     const float *dy, const float *mean, const float *inverse_deviation, const float *gamma,
                     apus_activation activation, int frozen, float *dx, float *dgamma, float *dbeta, float *dresidual,
                     float *scratch) {
  const int64_t channels = plan->channels;
  if (!tiers[plan->isa]) {
    apus_batch_norm_backward_reference_f32(plan->rows, channels, x, y, scale, shift, dy, mean, inverse_deviation, gamma,
                                           activation, frozen, dx, dgamma, dbeta, dresidual);
    return;
  }
  job j = {.plan = plan,
           .x = x,
           .dy = dy,
           .of = {.scale = scale, .shift = shift, .mean = mean},
           .frozen = frozen,
           .stream = apus_past_caches(bytes_of(plan, 3)),
           .partials = scratch,
           .to = dx};
  if (activation == APUS_ACTIVATION_RELU) {
    j.mask = y ? NORM_MASK_Y : NORM_MASK_X;
    j.y = y;
  }
  /* In place and unmasked, dresidual is there already. */
  j.dz = dresidual == dy && j.mask == NORM_MASK_NONE ? NULL : dresidual;
  apus_parallel_for(plan->chunks, 1, sums_chunks, &j);
  apus_merge_partials(scratch, plan->chunks, 2 * channels, 0, scratch);

  float *factor = scratch + 2 * plan->chunks * channels, *offset = factor + channels, *slope = offset + channels;
  for (int64_t c = 0; c < channels; c++) {
    dbeta[c] = scratch[c];
    dgamma[c] = scratch[channels + c] * inverse_deviation[c];
    factor[c] = gamma ? gamma[c] * inverse_deviation[c] : inverse_deviation[c];
    offset[c] = dbeta[c] / (float)plan->rows;
    slope[c] = inverse_deviation[c] * (dgamma[c] / (float)plan->rows);
  }
  if (!dx)
    return;
  j.of.factor = factor;
  j.of.offset = offset;
  j.of.slope = slope;
  if (dresidual) { /* it holds dz now */
    j.dy = dresidual;
    j.mask = NORM_MASK_NONE;
  }
  apus_parallel_for(plan->rows, grain(channels), dx_rows, &j);
}

void apus_batch_norm_backward(const apus_batch_norm_plan *plan, const float *x, const float *y, const float *scale,
                              const float *shift, const float *dy, const float *mean, const float *inverse_deviation,
                              const float *gamma, apus_activation activation, float *dx, float *dgamma, float *dbeta,
                              float *dresidual, void *scratch) {
  backward(plan, x, y, scale, shift, dy, mean, inverse_deviation, gamma, activation, 0, dx, dgamma, dbeta, dresidual, scratch);
}

void apus_batch_norm_backward_frozen(const apus_batch_norm_plan *plan, const float *x, const float *y, const float *scale,
                                     const float *shift, const float *dy, const float *mean, const float *inverse_deviation,
                                     const float *gamma, apus_activation activation, float *dx, float *dgamma, float *dbeta,
                                     float *dresidual, void *scratch) {
  backward(plan, x, y, scale, shift, dy, mean, inverse_deviation, gamma, activation, 1, dx, dgamma, dbeta, dresidual, scratch);
}
