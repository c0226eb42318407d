/* Group norm where each position of a sample has the same channels. Batch norm's kernels do the work on columns, a sample at a
 * time; between them its channels' numbers become those of groups and back. */

#include <string.h>

#include "norm/group/group_norm.h"

static const apus_batch_norm_kernels *const columns[APUS_ISA_COUNT] = {
    [APUS_ISA_GENERIC] = &apus_batch_norm_generic,
#if defined(__x86_64__)
    [APUS_ISA_AVX2] = &apus_batch_norm_avx2,
    [APUS_ISA_AVX512] = &apus_batch_norm_avx512,
#elif defined(__aarch64__)
    [APUS_ISA_NEON] = &apus_batch_norm_neon,
#endif
};

/* A number a channel each, of one sample. */
typedef struct sample_numbers {
  float *mean, *scale, *shift, *offset, *slope;
} sample_numbers;

static sample_numbers numbers_at(float *p, int64_t channels) {
  return (sample_numbers){p, p + channels, p + 2 * channels, p + 3 * channels, p + 4 * channels};
}

static norm_gradient_sums sums_at(double *p, int64_t channels) { return (norm_gradient_sums){p, p + channels, p + 2 * channels}; }

/* A chunk of samples at a time: sums and the parameters' gradients in double, then the numbers in float. The last three vectors
 * are also what float sums are made in, which ends before offset and slope are known. */
enum { CHUNK_DOUBLES = 5, CHUNK_FLOATS = 6 };

static double *chunk_doubles(const group_job *j, int64_t chunk) {
  return (double *)j->scratch + CHUNK_DOUBLES * chunk * j->plan->channels;
}

static float *chunk_floats(const group_job *j, int64_t chunk) {
  return (float *)chunk_doubles(j, j->plan->chunks) + CHUNK_FLOATS * chunk * j->plan->channels;
}

/* Parts of samples: three sums in double a unit, the parameters' gradients, three sums in float a unit, five numbers a sample. */
static double *unit_sums(const group_job *j, int64_t unit) { return (double *)j->scratch + 3 * unit * j->plan->channels; }

static float *unit_floats(const group_job *j, int64_t unit) {
  const apus_group_norm_plan *p = j->plan;
  return (float *)(unit_sums(j, p->batch * p->parts) + 2 * p->channels) + 3 * unit * p->channels;
}

static sample_numbers numbers_of_sample(const group_job *j, int64_t sample) {
  const apus_group_norm_plan *p = j->plan;
  return numbers_at(unit_floats(j, p->batch * p->parts) + 5 * sample * p->channels, p->channels);
}

static const float *at(const float *p, int64_t i) { return p ? p + i : NULL; }

static int64_t part_begin(const apus_group_norm_plan *p, int64_t part) {
  return columns_chunk_begin(p->positions, p->parts, part);
}

/* mean, scale and shift of a sample's channels. */
static void fold(const group_job *j, int64_t sample, sample_numbers of) {
  const apus_group_norm_plan *p = j->plan;
  const int64_t each = p->channels / p->groups;
  for (int64_t g = 0; g < p->groups; g++) {
    const float mean = j->mean[sample * p->groups + g], rest = j->rest[sample * p->groups + g],
                inverse = j->inverse[sample * p->groups + g];
    for (int64_t c = g * each; c < (g + 1) * each; c++) {
      const float weight = j->gamma ? j->gamma[c] : 1;
      of.mean[c] = mean;
      of.scale[c] = weight * inverse;
      of.shift[c] = (j->beta ? j->beta[c] : 0) - weight * rest;
    }
  }
}

/* ---- forward ---- */

/* Positions that a center is the mean of. */
enum { CENTER_ROWS = 16 };

/* A sample's centers, one a channel, or with one group only theirs. */
static void find_center(const group_job *j, int64_t sample, float *center) {
  const apus_group_norm_plan *p = j->plan;
  const float *x = j->x + sample * p->positions * p->channels;
  if (p->groups == 1) {
    center[0] = apus_group_norm_tiers[p->isa]->center(p->positions * p->channels, x);
    return;
  }
  const int64_t sampled = p->positions < CENTER_ROWS ? p->positions : CENTER_ROWS, apart = p->positions / sampled;
  columns[p->isa]->center(sampled, apart * p->channels, p->channels, x + apart / 2 * p->channels, center);
  apus_group_norm_tiers[p->isa]->share_center(p->groups, p->channels / p->groups, center);
}

/* Of a range of positions, for each channel or with one group for all. */
static void statistics(const group_job *j, int64_t sample, int64_t begin, int64_t end, const float *center, norm_sums to) {
  const apus_group_norm_plan *p = j->plan;
  const float *x = j->x + (sample * p->positions + begin) * p->channels;
  if (p->groups == 1)
    apus_group_norm_tiers[p->isa]->statistics((end - begin) * p->channels, x, center[0], to.sum, to.squares);
  else
    columns[p->isa]->statistics(end - begin, p->channels, x, center, to);
}

/* Where the sums of a sample, or of a part of it, lie: one a channel, or with one group only theirs; and how many they are. */
static norm_sums sums_from(const apus_group_norm_plan *p, double *to) {
  return (norm_sums){to, to + (p->groups == 1 ? 1 : p->channels)};
}

static int64_t sums_count(const apus_group_norm_plan *p) { return p->groups == 1 ? 2 : 2 * p->channels; }

/* Those of channels become their groups'. */
static void finish_statistics(const group_job *j, int64_t sample, const float *center, norm_sums of) {
  const apus_group_norm_plan *p = j->plan;
  const int64_t each = p->channels / p->groups;
  if (p->groups > 1)
    apus_group_norm_tiers[p->isa]->merge(p->groups, each, of);
  for (int64_t g = 0; g < p->groups; g++)
    group_finish(j, sample * p->groups + g, (norm_block){p->positions, each, p->channels},
                 j->x + sample * p->positions * p->channels + g * each, center[p->groups == 1 ? 0 : g * each], of.sum[g],
                 of.squares[g]);
}

static void apply(const group_job *j, int64_t sample, int64_t begin, int64_t end, sample_numbers of) {
  const apus_group_norm_plan *p = j->plan;
  const int64_t first = (sample * p->positions + begin) * p->channels;
  columns[p->isa]->apply(end - begin, p->channels, j->x + first,
                         (norm_channels){.mean = of.mean, .scale = of.scale, .shift = of.shift}, at(j->residual, first), j->relu,
                         j->stream, j->out + first);
}

/* A chunk of samples, each while it is in the cache. */
static void forward_chunks(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const group_job *j = context;
  const apus_group_norm_plan *p = j->plan;
  for (int64_t chunk = begin; chunk < end; chunk++) {
    const sample_numbers of = numbers_at(chunk_floats(j, chunk), p->channels);
    const norm_sums to = sums_from(p, chunk_doubles(j, chunk));
    const int64_t first = columns_chunk_begin(p->batch, p->chunks, chunk),
                  last = columns_chunk_begin(p->batch, p->chunks, chunk + 1);
    for (int64_t n = first; n < last; n++) {
      find_center(j, n, of.offset);
      statistics(j, n, 0, p->positions, of.offset, to);
      finish_statistics(j, n, of.offset, to);
      fold(j, n, of);
      apply(j, n, 0, p->positions, of);
    }
  }
}

static void statistics_parts(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const group_job *j = context;
  const apus_group_norm_plan *p = j->plan;
  for (int64_t unit = begin; unit < end; unit++) {
    const int64_t sample = unit / p->parts, part = unit % p->parts;
    statistics(j, sample, part_begin(p, part), part_begin(p, part + 1), numbers_of_sample(j, sample).offset,
               sums_from(p, unit_sums(j, unit)));
  }
}

/* The parts' sums, one after the other, into the first part's. */
static double *added(const group_job *j, int64_t sample, int64_t width) {
  double *to = unit_sums(j, sample * j->plan->parts);
  for (int64_t part = 1; part < j->plan->parts; part++) {
    const double *from = unit_sums(j, sample * j->plan->parts + part);
    for (int64_t i = 0; i < width; i++)
      to[i] += from[i];
  }
  return to;
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
  for (int64_t n = 0; n < p->batch; n++)
    find_center(job, n, numbers_of_sample(job, n).offset);
  apus_parallel_for(p->batch * p->parts, 1, statistics_parts, job);
  for (int64_t n = 0; n < p->batch; n++) {
    const sample_numbers of = numbers_of_sample(job, n);
    finish_statistics(job, n, of.offset, sums_from(p, added(job, n, sums_count(p))));
    fold(job, n, of);
  }
  apus_parallel_for(p->batch * p->parts, 1, apply_parts, job);
}

/* ---- backward ---- */

/* Of each channel over a range of positions; dz is stored where it is wanted. */
static void sums(const group_job *j, int64_t sample, int64_t begin, int64_t end, sample_numbers of, norm_gradient_sums to,
                 float *scratch) {
  const apus_group_norm_plan *p = j->plan;
  const int64_t first = (sample * p->positions + begin) * p->channels;
  columns[p->isa]->backward_sums(end - begin, p->channels, j->x + first, at(j->y, first), j->dy + first,
                                 (norm_channels){.mean = of.mean, .scale = of.scale, .shift = of.shift}, j->mask, j->stream,
                                 j->dz ? j->dz + first : NULL, to, scratch);
}

/* A sample's part of the parameters' gradients is added, and offset and slope made for dx. Returns how many groups' dx float
 * cannot make. factor is scale but for those groups; scale itself may still be wanted for ReLU's mask. */
static int64_t finish_sums(const group_job *j, int64_t sample, norm_gradient_sums of, sample_numbers numbers, double *dgamma,
                           double *dbeta, float *factor) {
  const apus_group_norm_plan *p = j->plan;
  const int64_t each = p->channels / p->groups, at = sample * p->groups;
  memcpy(factor, numbers.scale, (size_t)p->channels * sizeof *factor);
  return apus_group_norm_tiers[p->isa]->gradient_numbers(p->groups, each, norm_count_of(p->positions * each), j->epsilon,
                                                         j->gamma, j->rest + at, j->inverse + at, of, dgamma, dbeta, factor,
                                                         numbers.offset, numbers.slope);
}

static void dx(const group_job *j, int64_t sample, int64_t begin, int64_t end, sample_numbers of, const float *factor) {
  const apus_group_norm_plan *p = j->plan;
  const int64_t first = (sample * p->positions + begin) * p->channels;
  const norm_channels numbers = {
      .mean = of.mean, .scale = of.scale, .shift = of.shift, .factor = factor, .offset = of.offset, .slope = of.slope};
  if (j->out) /* where dz was stored it is read instead of dy and the mask */
    columns[p->isa]->backward_dx(end - begin, p->channels, j->x + first, at(j->y, first), (j->dz ? j->dz : j->dy) + first,
                                 numbers, j->dz ? NORM_MASK_NONE : j->mask, NORM_OF_X, j->stream, j->out + first);
}

/* The groups that finish_sums marked, whose dx is dz now. */
static void wide_dx(const group_job *j, int64_t sample, const double *is_suspect) {
  const apus_group_norm_plan *p = j->plan;
  const int64_t each = p->channels / p->groups;
  for (int64_t g = 0; g < p->groups; g++) {
    const int64_t first = sample * p->positions * p->channels + g * each;
    if (j->out && is_suspect[g] != 0)
      apus_norm_wide_gradient((norm_block){p->positions, each, p->channels}, j->x + first, at(j->gamma, g * each), j->epsilon,
                              j->out + first);
  }
}

static void store(const group_job *j, const double *dgamma, const double *dbeta) {
  for (int64_t c = 0; c < j->plan->channels; c++) {
    j->dgamma[c] = (float)dgamma[c];
    j->dbeta[c] = (float)dbeta[c];
  }
}

static void backward_chunks(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const group_job *j = context;
  const apus_group_norm_plan *p = j->plan;
  for (int64_t chunk = begin; chunk < end; chunk++) {
    double *dgamma = chunk_doubles(j, chunk), *dbeta = dgamma + p->channels;
    memset(dgamma, 0, (size_t)(2 * p->channels) * sizeof *dgamma);
    const norm_gradient_sums of = sums_at(dbeta + p->channels, p->channels);
    const sample_numbers numbers = numbers_at(chunk_floats(j, chunk), p->channels);
    float *factor = numbers.slope + p->channels;
    const int64_t first = columns_chunk_begin(p->batch, p->chunks, chunk),
                  last = columns_chunk_begin(p->batch, p->chunks, chunk + 1);
    for (int64_t n = first; n < last; n++) {
      fold(j, n, numbers);
      sums(j, n, 0, p->positions, numbers, of, numbers.offset);
      const int64_t suspects = finish_sums(j, n, of, numbers, dgamma, dbeta, factor);
      dx(j, n, 0, p->positions, numbers, factor);
      if (suspects)
        wide_dx(j, n, of.squares);
    }
  }
}

static void sums_parts(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const group_job *j = context;
  const apus_group_norm_plan *p = j->plan;
  for (int64_t unit = begin; unit < end; unit++)
    sums(j, unit / p->parts, part_begin(p, unit % p->parts), part_begin(p, unit % p->parts + 1),
         numbers_of_sample(j, unit / p->parts), sums_at(unit_sums(j, unit), p->channels), unit_floats(j, unit));
}

/* The factors of a sample lie where its first part's float sums were. */
static void dx_parts(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const group_job *j = context;
  const apus_group_norm_plan *p = j->plan;
  for (int64_t unit = begin; unit < end; unit++) {
    const int64_t sample = unit / p->parts, part = unit % p->parts;
    dx(j, sample, part_begin(p, part), part_begin(p, part + 1), numbers_of_sample(j, sample), unit_floats(j, sample * p->parts));
  }
}

static void backward_parts(group_job *j) {
  const apus_group_norm_plan *p = j->plan;
  for (int64_t n = 0; n < p->batch; n++)
    fold(j, n, numbers_of_sample(j, n));
  apus_parallel_for(p->batch * p->parts, 1, sums_parts, j);
  double *dgamma = unit_sums(j, p->batch * p->parts), *dbeta = dgamma + p->channels;
  memset(dgamma, 0, (size_t)(2 * p->channels) * sizeof *dgamma);
  for (int64_t n = 0; n < p->batch; n++)
    finish_sums(j, n, sums_at(added(j, n, 3 * p->channels), p->channels), numbers_of_sample(j, n), dgamma, dbeta,
                unit_floats(j, n * p->parts));
  store(j, dgamma, dbeta);
  apus_parallel_for(p->batch * p->parts, 1, dx_parts, j);
  for (int64_t n = 0; n < p->batch; n++)
    wide_dx(j, n, sums_at(unit_sums(j, n * p->parts), p->channels).squares);
}

void apus_group_columns_backward(group_job *job) {
  const apus_group_norm_plan *p = job->plan;
  if (p->parts > 1) {
    backward_parts(job);
    return;
  }
  apus_parallel_for(p->chunks, 1, backward_chunks, job);
  norm_merge(chunk_doubles(job, 0), p->chunks, CHUNK_DOUBLES * p->channels, 2 * p->channels);
  store(job, chunk_doubles(job, 0), chunk_doubles(job, 0) + p->channels);
}
