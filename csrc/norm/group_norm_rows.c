/* Group norm of rows whose elements each have a gamma and a beta of their own: layer norm. */

#include <string.h>

#include "norm/chan.h"
#include "norm/group_norm.h"
#include "runtime/integers.h"
#include "runtime/merge.h"

static norm_row row_of(const group_job *j, int64_t row) {
  return (norm_row){.gamma = j->gamma, .beta = j->beta, .mean = j->mean[row], .inverse = j->inverse[row]};
}

/* The elements from `first` on. */
static norm_row row_from(norm_row row, int64_t first) {
  row.gamma = row.gamma ? row.gamma + first : NULL;
  row.beta = row.beta ? row.beta + first : NULL;
  return row;
}

static const float *at(const float *p, int64_t i) { return p ? p + i : NULL; }

static int64_t part_begin(const apus_group_norm_plan *p, int64_t part) {
  return columns_chunk_begin(p->channels, p->parts, part);
}

/* ---- forward ---- */

static void apply(const group_job *j, int64_t row, int64_t begin, int64_t end) {
  const apus_group_norm_plan *p = j->plan;
  const int64_t first = row * p->channels + begin;
  apus_group_norm_tiers[p->isa]->row_apply(end - begin, j->x + first, row_from(row_of(j, row), begin), at(j->residual, first),
                                           j->relu, j->stream, j->out + first);
}

/* While the row is in the cache. */
static void whole_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const group_job *j = context;
  const apus_group_norm_plan *p = j->plan;
  for (int64_t row = begin; row < end; row++) {
    float m2;
    apus_group_norm_tiers[p->isa]->statistics(p->channels, j->x + row * p->channels, &j->mean[row], &m2);
    j->inverse[row] = group_inverse(m2, (float)p->channels, j->epsilon);
    apply(j, row, 0, p->channels);
  }
}

static void statistics_parts(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const group_job *j = context;
  const apus_group_norm_plan *p = j->plan;
  for (int64_t unit = begin; unit < end; unit++) {
    const int64_t part = unit % p->parts, first = part_begin(p, part);
    apus_group_norm_tiers[p->isa]->statistics(part_begin(p, part + 1) - first, j->x + unit / p->parts * p->channels + first,
                                              &j->scratch[2 * unit], &j->scratch[2 * unit + 1]);
  }
}

static void apply_parts(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const group_job *j = context;
  const apus_group_norm_plan *p = j->plan;
  for (int64_t unit = begin; unit < end; unit++)
    apply(j, unit / p->parts, part_begin(p, unit % p->parts), part_begin(p, unit % p->parts + 1));
}

void apus_group_rows_forward(group_job *job) {
  const apus_group_norm_plan *p = job->plan;
  if (p->parts == 1) {
    apus_parallel_for(p->batch, group_grain(p), whole_rows, job);
    return;
  }
  apus_parallel_for(p->batch * p->parts, 1, statistics_parts, job);
  for (int64_t row = 0; row < p->batch; row++) {
    float *sums = job->scratch + 2 * row * p->parts;
    for (int64_t part = 1; part < p->parts; part++)
      chan_merge(1, part_begin(p, part), &sums[0], &sums[1], part_begin(p, part + 1) - part_begin(p, part), &sums[2 * part],
                 &sums[2 * part + 1]);
    job->mean[row] = sums[0];
    job->inverse[row] = group_inverse(sums[1], (float)p->channels, job->epsilon);
  }
  apus_parallel_for(p->batch * p->parts, 1, apply_parts, job);
}

/* ---- backward ---- */

/* What the sums Σ gamma·dz and Σ gamma·dz·(x − mean) make of dx. */
static norm_row with_sums(const group_job *j, norm_row row, float sum, float dot) {
  const float count = (float)j->plan->channels;
  row.offset = row.inverse * (sum / count);
  row.slope = row.inverse * (row.inverse * (row.inverse * (dot / count)));
  return row;
}

static void dx_range(const group_job *j, norm_row row, int64_t index, int64_t begin, int64_t end, float *dgamma, float *dbeta) {
  const apus_group_norm_plan *p = j->plan;
  const int64_t first = index * p->channels + begin;
  apus_group_norm_tiers[p->isa]->row_dx(end - begin, j->x + first, at(j->y, first), j->dy + first, row_from(row, begin), j->mask,
                                        j->stream, j->dz ? j->dz + first : NULL, j->out ? j->out + first : NULL, dgamma, dbeta);
}

static void sums_range(const group_job *j, norm_row row, int64_t index, int64_t begin, int64_t end, float *sums) {
  const apus_group_norm_plan *p = j->plan;
  const int64_t first = index * p->channels + begin;
  apus_group_norm_tiers[p->isa]->row_sums(end - begin, j->x + first, at(j->y, first), j->dy + first, row_from(row, begin),
                                          j->mask, &sums[0], &sums[1]);
}

/* A chunk of rows: each while it is in the cache, the parameters' gradients into the chunk's own. */
static void chunks_of_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const group_job *j = context;
  const apus_group_norm_plan *p = j->plan;
  for (int64_t chunk = begin; chunk < end; chunk++) {
    float *dgamma = j->scratch + 2 * chunk * p->channels, *dbeta = dgamma + p->channels, sums[2];
    memset(dgamma, 0, (size_t)(2 * p->channels) * sizeof *dgamma);
    const int64_t first = columns_chunk_begin(p->batch, p->chunks, chunk),
                  last = columns_chunk_begin(p->batch, p->chunks, chunk + 1);
    for (int64_t row = first; row < last; row++) {
      const norm_row of = row_of(j, row);
      sums_range(j, of, row, 0, p->channels, sums);
      dx_range(j, with_sums(j, of, sums[0], sums[1]), row, 0, p->channels, dgamma, dbeta);
    }
  }
}

/* Columns that a thread takes through all rows: both gradients of the parameters stay in the first-level cache. */
enum { COLUMNS_A_RANGE = 2048 };

static void sums_parts(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const group_job *j = context;
  const apus_group_norm_plan *p = j->plan;
  for (int64_t unit = begin; unit < end; unit++)
    sums_range(j, row_of(j, unit / p->parts), unit / p->parts, part_begin(p, unit % p->parts), part_begin(p, unit % p->parts + 1),
               j->scratch + 2 * unit);
}

static void dx_columns(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const group_job *j = context;
  const apus_group_norm_plan *p = j->plan;
  const float *sums = j->scratch + 2 * p->batch * p->parts;
  for (int64_t range = begin; range < end; range++) {
    const int64_t first = range * COLUMNS_A_RANGE, last = apus_min(first + COLUMNS_A_RANGE, p->channels);
    memset(j->dgamma + first, 0, (size_t)(last - first) * sizeof(float));
    memset(j->dbeta + first, 0, (size_t)(last - first) * sizeof(float));
    for (int64_t row = 0; row < p->batch; row++)
      dx_range(j, with_sums(j, row_of(j, row), sums[2 * row], sums[2 * row + 1]), row, first, last, j->dgamma + first,
               j->dbeta + first);
  }
}

void apus_group_rows_backward(group_job *job) {
  const apus_group_norm_plan *p = job->plan;
  if (p->chunks > 1 && p->parts == 1) {
    apus_parallel_for(p->chunks, 1, chunks_of_rows, job);
    apus_merge_partials(job->scratch, p->chunks, 2 * p->channels, 0, job->scratch);
    memcpy(job->dgamma, job->scratch, (size_t)p->channels * sizeof(float));
    memcpy(job->dbeta, job->scratch + p->channels, (size_t)p->channels * sizeof(float));
    return;
  }
  apus_parallel_for(p->batch * p->parts, apus_ceil_div(group_grain(p), p->parts), sums_parts, job);
  float *sums = job->scratch + 2 * p->batch * p->parts;
  for (int64_t row = 0; row < p->batch; row++) {
    sums[2 * row] = sums[2 * row + 1] = 0;
    for (int64_t part = 0; part < p->parts; part++) {
      sums[2 * row] += job->scratch[2 * (row * p->parts + part)];
      sums[2 * row + 1] += job->scratch[2 * (row * p->parts + part) + 1];
    }
  }
  apus_parallel_for(apus_ceil_div(p->channels, COLUMNS_A_RANGE), apus_ceil_div(GROUP_GRAIN, COLUMNS_A_RANGE * p->batch),
                    dx_columns, job);
}
