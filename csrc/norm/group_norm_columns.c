/* Group norm where each position of a sample has the same channels. Batch norm's kernels do the work on columns, a sample at a
 * time; between them its channels' numbers become those of groups and back. */

#include <string.h>

#include "norm/chan.h"
#include "norm/group_norm.h"
#include "runtime/merge.h"

static const apus_batch_norm_kernels *const columns[APUS_ISA_COUNT] = {
    [APUS_ISA_GENERIC] = &apus_batch_norm_generic,
#if defined(__x86_64__)
    [APUS_ISA_AVX2] = &apus_batch_norm_avx2,
    [APUS_ISA_AVX512] = &apus_batch_norm_avx512,
#elif defined(__aarch64__)
    [APUS_ISA_NEON] = &apus_batch_norm_neon,
#endif
};

/* Vectors of channels behind the two of partial sums; of[0 … 1] have a number a group. */
typedef struct sample_numbers {
  float *groups[2];
  float *mean, *scale, *shift, *offset, *slope;
} sample_numbers;

static sample_numbers numbers_at(float *p, int64_t channels) {
  return (sample_numbers){{p, p + channels}, p + 2 * channels, p + 3 * channels,
                          p + 4 * channels,  p + 5 * channels, p + 6 * channels};
}

static const float *at(const float *p, int64_t i) { return p ? p + i : NULL; }

static int64_t part_begin(const apus_group_norm_plan *p, int64_t part) {
  return columns_chunk_begin(p->positions, p->parts, part);
}

/* Each group's number, for its channels. */
static void expand(const apus_group_norm_plan *p, const float *group, float *channel) {
  const int64_t each = p->channels / p->groups;
  for (int64_t g = 0; g < p->groups; g++)
    for (int64_t e = 0; e < each; e++)
      channel[g * each + e] = group[g];
}

/* mean, scale and shift of a sample's channels. */
static void fold(const group_job *j, int64_t sample, sample_numbers of) {
  const apus_group_norm_plan *p = j->plan;
  expand(p, j->mean + sample * p->groups, of.mean);
  expand(p, j->inverse + sample * p->groups, of.scale);
  if (j->gamma)
    for (int64_t c = 0; c < p->channels; c++)
      of.scale[c] = j->gamma[c] * of.scale[c];
  for (int64_t c = 0; c < p->channels; c++)
    of.shift[c] = (j->beta ? j->beta[c] : 0) - of.mean[c] * of.scale[c];
}

/* ---- forward ---- */

/* Of a range of positions: each channel's mean and M2, or with one group only theirs. */
static void statistics(const group_job *j, int64_t sample, int64_t begin, int64_t end, float *mean, float *m2) {
  const apus_group_norm_plan *p = j->plan;
  const float *x = j->x + (sample * p->positions + begin) * p->channels;
  if (p->groups == 1)
    apus_group_norm_tiers[p->isa]->statistics((end - begin) * p->channels, x, mean, m2);
  else
    columns[p->isa]->statistics(end - begin, p->channels, x, mean, m2);
}

static void finish_statistics(const group_job *j, int64_t sample, const float *mean, const float *m2, float *group_m2) {
  const apus_group_norm_plan *p = j->plan;
  const int64_t each = p->channels / p->groups;
  float *group_mean = j->mean + sample * p->groups;
  if (p->groups == 1) {
    group_mean[0] = mean[0];
    group_m2[0] = m2[0];
  } else {
    apus_group_norm_tiers[p->isa]->merge(p->groups, each, (float)p->positions, mean, m2, group_mean, group_m2);
  }
  const float count = (float)(p->positions * each);
  for (int64_t g = 0; g < p->groups; g++)
    j->inverse[sample * p->groups + g] = group_inverse(group_m2[g], count, j->epsilon);
}

static void apply(const group_job *j, int64_t sample, int64_t begin, int64_t end, sample_numbers of) {
  const apus_group_norm_plan *p = j->plan;
  const int64_t first = (sample * p->positions + begin) * p->channels;
  columns[p->isa]->apply(end - begin, p->channels, j->x + first, (norm_channels){.scale = of.scale, .shift = of.shift},
                         at(j->residual, first), j->relu, j->stream, j->out + first);
}

/* A chunk of samples, each while it is in the cache. */
static void forward_chunks(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const group_job *j = context;
  const apus_group_norm_plan *p = j->plan;
  for (int64_t chunk = begin; chunk < end; chunk++) {
    float *mean = j->scratch + 9 * chunk * p->channels, *m2 = mean + p->channels;
    const sample_numbers of = numbers_at(m2 + p->channels, p->channels);
    const int64_t first = columns_chunk_begin(p->batch, p->chunks, chunk),
                  last = columns_chunk_begin(p->batch, p->chunks, chunk + 1);
    for (int64_t n = first; n < last; n++) {
      statistics(j, n, 0, p->positions, mean, m2);
      finish_statistics(j, n, mean, m2, of.groups[0]);
      fold(j, n, of);
      apply(j, n, 0, p->positions, of);
    }
  }
}

static float *partial(const group_job *j, int64_t unit) { return j->scratch + 2 * unit * j->plan->channels; }

static sample_numbers numbers_of_sample(const group_job *j, int64_t sample) {
  const apus_group_norm_plan *p = j->plan;
  return numbers_at(partial(j, p->batch * p->parts) + 9 * sample * p->channels + 2 * p->channels, p->channels);
}

static void statistics_parts(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const group_job *j = context;
  const apus_group_norm_plan *p = j->plan;
  for (int64_t unit = begin; unit < end; unit++) {
    float *mean = partial(j, unit);
    statistics(j, unit / p->parts, part_begin(p, unit % p->parts), part_begin(p, unit % p->parts + 1), mean, mean + p->channels);
  }
}

static void apply_parts(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const group_job *j = context;
  const apus_group_norm_plan *p = j->plan;
  for (int64_t unit = begin; unit < end; unit++)
    apply(j, unit / p->parts, part_begin(p, unit % p->parts), part_begin(p, unit % p->parts + 1),
          numbers_of_sample(j, unit / p->parts));
}

void apus_group_columns_forward(group_job *job) {
  const apus_group_norm_plan *p = job->plan;
  if (p->parts == 1) {
    apus_parallel_for(p->chunks, 1, forward_chunks, job);
    return;
  }
  apus_parallel_for(p->batch * p->parts, 1, statistics_parts, job);
  const int64_t flat = p->groups == 1 ? p->channels : 1, numbers = p->groups == 1 ? 1 : p->channels;
  for (int64_t n = 0; n < p->batch; n++) {
    float *mean = partial(job, n * p->parts), *m2 = mean + p->channels;
    for (int64_t part = 1; part < p->parts; part++) {
      const float *other = partial(job, n * p->parts + part);
      chan_merge(numbers, flat * part_begin(p, part), mean, m2, flat * (part_begin(p, part + 1) - part_begin(p, part)), other,
                 other + p->channels);
    }
    const sample_numbers of = numbers_of_sample(job, n);
    finish_statistics(job, n, mean, m2, of.groups[0]);
    fold(job, n, of);
  }
  apus_parallel_for(p->batch * p->parts, 1, apply_parts, job);
}

/* ---- backward ---- */

/* sum = Σ dz, dot = Σ dz·(x − mean) of each channel over a range of positions; dz is stored where it is wanted. */
static void sums(const group_job *j, int64_t sample, int64_t begin, int64_t end, sample_numbers of, float *sum, float *dot) {
  const apus_group_norm_plan *p = j->plan;
  const int64_t first = (sample * p->positions + begin) * p->channels;
  columns[p->isa]->backward_sums(end - begin, p->channels, j->x + first, at(j->y, first), j->dy + first,
                                 (norm_channels){.scale = of.scale, .shift = of.shift, .mean = of.mean}, j->mask, j->stream,
                                 j->dz ? j->dz + first : NULL, sum, dot);
}

/* A sample's part of the parameters' gradients is added, and offset and slope made for dx. */
static void finish_sums(const group_job *j, int64_t sample, const float *sum, const float *dot, sample_numbers of, float *dgamma,
                        float *dbeta) {
  const apus_group_norm_plan *p = j->plan;
  const int64_t each = p->channels / p->groups;
  const float *inverse = j->inverse + sample * p->groups, count = (float)(p->positions * each);
  expand(p, inverse, of.offset);
  for (int64_t c = 0; c < p->channels; c++) {
    dgamma[c] += dot[c] * of.offset[c];
    dbeta[c] += sum[c];
  }
  apus_group_norm_tiers[p->isa]->weigh(p->groups, each, j->gamma, sum, dot, of.groups[0], of.groups[1]);
  for (int64_t g = 0; g < p->groups; g++) {
    of.groups[0][g] = inverse[g] * (of.groups[0][g] / count);
    of.groups[1][g] = inverse[g] * (inverse[g] * (inverse[g] * (of.groups[1][g] / count)));
  }
  expand(p, of.groups[0], of.offset);
  expand(p, of.groups[1], of.slope);
}

static void dx(const group_job *j, int64_t sample, int64_t begin, int64_t end, sample_numbers of) {
  const apus_group_norm_plan *p = j->plan;
  const int64_t first = (sample * p->positions + begin) * p->channels;
  const norm_channels numbers = {
      .scale = of.scale, .shift = of.shift, .mean = of.mean, .factor = of.scale, .offset = of.offset, .slope = of.slope};
  if (j->out) /* where dz was stored it is read instead of dy and the mask */
    columns[p->isa]->backward_dx(end - begin, p->channels, j->x + first, at(j->y, first), (j->dz ? j->dz : j->dy) + first,
                                 numbers, j->dz ? NORM_MASK_NONE : j->mask, NORM_BY_GROUP, j->stream, j->out + first);
}

static void backward_chunks(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const group_job *j = context;
  const apus_group_norm_plan *p = j->plan;
  for (int64_t chunk = begin; chunk < end; chunk++) {
    float *dgamma = partial(j, chunk), *dbeta = dgamma + p->channels;
    memset(dgamma, 0, (size_t)(2 * p->channels) * sizeof *dgamma);
    float *sum = partial(j, p->chunks) + 9 * chunk * p->channels, *dot = sum + p->channels;
    const sample_numbers of = numbers_at(dot + p->channels, p->channels);
    const int64_t first = columns_chunk_begin(p->batch, p->chunks, chunk),
                  last = columns_chunk_begin(p->batch, p->chunks, chunk + 1);
    for (int64_t n = first; n < last; n++) {
      fold(j, n, of);
      sums(j, n, 0, p->positions, of, sum, dot);
      finish_sums(j, n, sum, dot, of, dgamma, dbeta);
      dx(j, n, 0, p->positions, of);
    }
  }
}

static void sums_parts(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const group_job *j = context;
  const apus_group_norm_plan *p = j->plan;
  for (int64_t unit = begin; unit < end; unit++) {
    float *sum = partial(j, unit);
    sums(j, unit / p->parts, part_begin(p, unit % p->parts), part_begin(p, unit % p->parts + 1),
         numbers_of_sample(j, unit / p->parts), sum, sum + p->channels);
  }
}

static void dx_parts(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const group_job *j = context;
  const apus_group_norm_plan *p = j->plan;
  for (int64_t unit = begin; unit < end; unit++)
    dx(j, unit / p->parts, part_begin(p, unit % p->parts), part_begin(p, unit % p->parts + 1),
       numbers_of_sample(j, unit / p->parts));
}

void apus_group_columns_backward(group_job *job) {
  const apus_group_norm_plan *p = job->plan;
  const size_t vector = (size_t)p->channels * sizeof(float);
  if (p->parts == 1) {
    apus_parallel_for(p->chunks, 1, backward_chunks, job);
    apus_merge_partials(job->scratch, p->chunks, 2 * p->channels, 0, job->scratch);
    memcpy(job->dgamma, job->scratch, vector);
    memcpy(job->dbeta, job->scratch + p->channels, vector);
    return;
  }
  for (int64_t n = 0; n < p->batch; n++)
    fold(job, n, numbers_of_sample(job, n));
  apus_parallel_for(p->batch * p->parts, 1, sums_parts, job);
  memset(job->dgamma, 0, vector);
  memset(job->dbeta, 0, vector);
  for (int64_t n = 0; n < p->batch; n++) {
    float *sum = partial(job, n * p->parts);
    apus_merge_partials(sum, p->parts, 2 * p->channels, 0, sum);
    finish_sums(job, n, sum, sum + p->channels, numbers_of_sample(job, n), job->dgamma, job->dbeta);
  }
  apus_parallel_for(p->batch * p->parts, 1, dx_parts, job);
}
