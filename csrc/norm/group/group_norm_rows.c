/* Group norm of rows whose elements each have a gamma and a beta of their own: layer norm. */

#include <string.h>

#include "norm/group/group_norm.h"
#include "runtime/integers.h"

static norm_row row_of(const group_job *j, int64_t row) {
  return (norm_row){.gamma = j->gamma, .beta = j->beta, .mean = j->mean[row], .rest = j->rest[row], .inverse = j->inverse[row]};
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

static float find_center(const group_job *j, int64_t row) {
  return apus_group_norm_tiers[j->plan->isa]->center(j->plan->channels, j->x + row * j->plan->channels);
}

static void finish_statistics(const group_job *j, int64_t row, float center, double sum, double squares) {
  const int64_t channels = j->plan->channels;
  group_finish(j, row, (norm_block){1, channels, channels}, j->x + row * channels, center, sum, squares);
}

/* So many rows go through one step after the other while they are in the cache: a row's steps wait for each other, those of
 * several rows do not. */
enum { ROWS_TOGETHER = 4, FLOATS_TOGETHER = 8192 };

static void whole_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const group_job *j = context;
  const apus_group_norm_plan *p = j->plan;
  const int64_t most = apus_min(ROWS_TOGETHER, FLOATS_TOGETHER / p->channels), together = most < 1 ? 1 : most;
  float center[ROWS_TOGETHER];
  double sum[ROWS_TOGETHER], squares[ROWS_TOGETHER];
  for (int64_t first = begin; first < end; first += together) {
    const int64_t rows = apus_min(together, end - first);
    for (int64_t r = 0; r < rows; r++)
      center[r] = find_center(j, first + r);
    for (int64_t r = 0; r < rows; r++)
      apus_group_norm_tiers[p->isa]->statistics(p->channels, j->x + (first + r) * p->channels, center[r], &sum[r], &squares[r]);
    for (int64_t r = 0; r < rows; r++)
      finish_statistics(j, first + r, center[r], sum[r], squares[r]);
    for (int64_t r = 0; r < rows; r++)
      apply(j, first + r, 0, p->channels);
  }
}

static void statistics_parts(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const group_job *j = context;
  const apus_group_norm_plan *p = j->plan;
  double *sums = j->scratch;
  for (int64_t unit = begin; unit < end; unit++) {
    const int64_t row = unit / p->parts, part = unit % p->parts, first = part_begin(p, part);
    apus_group_norm_tiers[p->isa]->statistics(part_begin(p, part + 1) - first, j->x + row * p->channels + first,
                                              find_center(j, row), &sums[2 * unit], &sums[2 * unit + 1]);
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
    const double *parts = (const double *)job->scratch + 2 * row * p->parts;
    double sum = 0, squares = 0;
    for (int64_t part = 0; part < p->parts; part++) {
      sum += parts[2 * part];
      squares += parts[2 * part + 1];
    }
    finish_statistics(job, row, find_center(job, row), sum, squares);
  }
  apus_parallel_for(p->batch * p->parts, 1, apply_parts, job);
}

/* ---- backward ---- */

/* dx and the parameters' gradients of a range of a row whose sums are known. Where float cannot make dx it gets dz: returns 1. */
static int dx_range(const group_job *j, norm_count of, int64_t index, const double sums[3], int64_t begin, int64_t end,
                    float *dgamma, float *dbeta) {
  const apus_group_norm_plan *p = j->plan;
  const apus_group_norm_kernels *kernels = apus_group_norm_tiers[p->isa];
  norm_row row = row_of(j, index);
  const double inverse = (double)row.inverse, rest = (double)row.rest;
  const double dot = inverse * sums[1] - rest * sums[0], along = dot / of.count;
  row.offset = (float)(inverse * (rest * along - sums[0] / of.count));
  row.slope = (float)(inverse * (inverse * -along));
  const int is_suspect = norm_gradient_is_suspect(of, j->epsilon, inverse, sums[0], dot, sums[2]);
  const int64_t first = index * p->channels + begin;
  float *out = j->out ? j->out + first : NULL, *dz = j->dz ? j->dz + first : NULL;
  const float *dy = j->dy + first;
  if (is_suspect && out) {
    kernels->row_dx(end - begin, j->x + first, at(j->y, first), dy, row_from(row, begin), j->mask, 0, dz ? dz : out, NULL, dgamma,
                    dbeta);
    if (dz)
      memcpy(out, dz, (size_t)(end - begin) * sizeof *out);
    return 1;
  }
  kernels->row_dx(end - begin, j->x + first, at(j->y, first), dy, row_from(row, begin), j->mask, j->stream, dz, out, dgamma,
                  dbeta);
  return 0;
}

static void wide_dx(const group_job *j, int64_t row) {
  const int64_t channels = j->plan->channels;
  apus_norm_wide_gradient((norm_block){1, channels, channels}, j->x + row * channels, j->gamma, j->epsilon,
                          j->out + row * channels);
}

/* Rows whose gradients of the parameters are added in float. */
enum { FLUSH_ROWS = 64 };

static void sums_range(const group_job *j, int64_t index, int64_t begin, int64_t end, double sums[3]) {
  const apus_group_norm_plan *p = j->plan;
  const int64_t first = index * p->channels + begin;
  apus_group_norm_tiers[p->isa]->row_sums(end - begin, j->x + first, at(j->y, first), j->dy + first,
                                          row_from(row_of(j, index), begin), j->mask, sums);
}

/* dx waits for its row's numbers, the next row's sums do not. Of short rows they are made before dx: the backward pass of 96
 * channels takes 0.8 of the time. Of longer rows the numbers are a small part, and from the third-level cache that order is
 * slower (Zen 4, 256 channels: 0.92 of the time in the second-level cache, 1.05 in the third; 2026-11-30). */
enum { CHANNELS_AHEAD = 128 };

/* A chunk of rows: each while it is in the cache, the parameters' gradients into the chunk's own. */
static void chunks_of_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const group_job *j = context;
  const apus_group_norm_plan *p = j->plan;
  const int64_t width = 2 * p->channels, ahead = p->channels <= CHANNELS_AHEAD;
  const norm_count of = norm_count_of(p->channels);
  for (int64_t chunk = begin; chunk < end; chunk++) {
    double *totals = (double *)j->scratch + chunk * width;
    float *dgamma = (float *)((double *)j->scratch + p->chunks * width) + chunk * width;
    memset(dgamma, 0, (size_t)width * sizeof *dgamma);
    const int64_t first = columns_chunk_begin(p->batch, p->chunks, chunk),
                  last = columns_chunk_begin(p->batch, p->chunks, chunk + 1);
    double sums[2][3];
    sums_range(j, first, 0, p->channels, sums[first % 2]);
    for (int64_t row = first; row < last; row++) {
      const int64_t next = row + 1;
      if (ahead && next < last)
        sums_range(j, next, 0, p->channels, sums[next % 2]);
      if (dx_range(j, of, row, sums[row % 2], 0, p->channels, dgamma, dgamma + p->channels))
        wide_dx(j, row);
      if (!ahead && next < last)
        sums_range(j, next, 0, p->channels, sums[next % 2]);
      if ((row - first) % FLUSH_ROWS == FLUSH_ROWS - 1 || row == last - 1)
        apus_group_norm_tiers[p->isa]->flush(width, row - first < FLUSH_ROWS, dgamma, totals);
    }
  }
}

static void store(int64_t count, const double *from, float *to) {
  for (int64_t i = 0; i < count; i++)
    to[i] = (float)from[i];
}

static void sums_parts(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const group_job *j = context;
  const apus_group_norm_plan *p = j->plan;
  for (int64_t unit = begin; unit < end; unit++)
    sums_range(j, unit / p->parts, part_begin(p, unit % p->parts), part_begin(p, unit % p->parts + 1),
               (double *)j->scratch + 3 * unit);
}

/* Columns that a thread takes through all rows: both gradients of the parameters stay in the first-level cache. */
enum { COLUMNS_A_RANGE = 512 };

static void dx_columns(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const group_job *j = context;
  const apus_group_norm_plan *p = j->plan;
  const double *sums = (const double *)j->scratch + 3 * p->batch * p->parts;
  const norm_count of = norm_count_of(p->channels);
  for (int64_t range = begin; range < end; range++) {
    const int64_t first = range * COLUMNS_A_RANGE, width = apus_min(COLUMNS_A_RANGE, p->channels - first);
    float dgamma[COLUMNS_A_RANGE] = {0}, dbeta[COLUMNS_A_RANGE] = {0};
    double total_gamma[COLUMNS_A_RANGE], total_beta[COLUMNS_A_RANGE];
    for (int64_t row = 0; row < p->batch; row++) {
      dx_range(j, of, row, sums + 3 * row, first, first + width, dgamma, dbeta);
      if (row % FLUSH_ROWS == FLUSH_ROWS - 1 || row == p->batch - 1) {
        apus_group_norm_tiers[p->isa]->flush(width, row < FLUSH_ROWS, dgamma, total_gamma);
        apus_group_norm_tiers[p->isa]->flush(width, row < FLUSH_ROWS, dbeta, total_beta);
      }
    }
    store(width, total_gamma, j->dgamma + first);
    store(width, total_beta, j->dbeta + first);
  }
}

static void wide_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const group_job *j = context;
  const double *sums = (const double *)j->scratch + 3 * j->plan->batch * j->plan->parts;
  for (int64_t row = begin; row < end; row++) {
    const double *s = sums + 3 * row, inverse = (double)j->inverse[row], dot = inverse * s[1] - (double)j->rest[row] * s[0];
    if (norm_gradient_is_suspect(norm_count_of(j->plan->channels), j->epsilon, inverse, s[0], dot, s[2]))
      wide_dx(j, row);
  }
}

void apus_group_rows_backward(group_job *job) {
  const apus_group_norm_plan *p = job->plan;
  double *sums = job->scratch;
  if (p->chunks > 1 && p->parts == 1) {
    apus_parallel_for(p->chunks, 1, chunks_of_rows, job);
    norm_merge(sums, p->chunks, 2 * p->channels, 2 * p->channels);
    store(p->channels, sums, job->dgamma);
    store(p->channels, sums + p->channels, job->dbeta);
    return;
  }
  apus_parallel_for(p->batch * p->parts, apus_ceil_div(group_grain(p), p->parts), sums_parts, job);
  double *totals = sums + 3 * p->batch * p->parts;
  for (int64_t row = 0; row < p->batch; row++)
    for (int i = 0; i < 3; i++) {
      totals[3 * row + i] = 0;
      for (int64_t part = 0; part < p->parts; part++)
        totals[3 * row + i] += sums[3 * (row * p->parts + part) + i];
    }
  apus_parallel_for(apus_ceil_div(p->channels, COLUMNS_A_RANGE), apus_ceil_div(GROUP_GRAIN, COLUMNS_A_RANGE * p->batch),
                    dx_columns, job);
  if (job->out)
    apus_parallel_for(p->batch, group_grain(p), wide_rows, job);
}
