#ifndef APUS_NORM_GROUP_NORM_H
#define APUS_NORM_GROUP_NORM_H

/* Between group_norm.c, group_norm_columns.c and group_norm_rows.c. */

#include <math.h>

#include "apus/group_norm.h"
#include "apus/runtime.h"
#include "norm/kernels.h"
#include "norm/wide.h"
#include "runtime/cache.h"
#include "runtime/columns.h"

/* One call, forward or backward. */
typedef struct group_job {
  const apus_group_norm_plan *plan;
  const float *x, *y, *dy, *gamma, *beta, *residual;
  double epsilon;
  int relu, stream;
  norm_mask mask;
  float *mean, *rest, *inverse; /* [batch, groups]; written by forward, read by backward */
  float *out;                   /* y or dx */
  float *dgamma, *dbeta, *dz;
  void *scratch;
} group_job;

extern const apus_group_norm_kernels *const apus_group_norm_tiers[APUS_ISA_COUNT];

/* A fork costs as much as the work on this many elements. */
enum { GROUP_GRAIN = 16384 };

/* Samples that a thread should get at least. */
static inline int64_t group_grain(const apus_group_norm_plan *p) {
  return (GROUP_GRAIN + p->positions * p->channels - 1) / (p->positions * p->channels);
}

/* Each element has a gamma of its own: a sample is a row. */
static inline int group_by_rows(const apus_group_norm_plan *p) { return p->positions == 1 && p->groups == 1; }

/* The statistics of group `index` (of sample·groups + group), from a mean and a biased variance. */
static inline void group_set(const group_job *j, int64_t index, double mean, double variance) {
  const double inverse = 1 / sqrt(variance + j->epsilon);
  const float rounded = (float)mean;
  j->mean[index] = rounded;
  j->rest[index] = (float)((mean - (double)rounded) * inverse);
  j->inverse[index] = (float)inverse;
}

/* From sums around `center` over a block; from the block itself, in double, where float did not hold them. */
static inline void group_finish(const group_job *j, int64_t index, norm_block block, const float *x, float center, double sum,
                                double squares) {
  const double count = (double)block.rows * (double)block.width, each = 1 / count, m2 = squares - sum * sum * each;
  if (!norm_is_suspect(count, j->epsilon, sum, squares)) {
    group_set(j, index, (double)center + sum * each, (m2 < 0 ? 0 : m2) * each);
    return;
  }
  double mean, variance;
  apus_norm_wide_statistics(block, x, &mean, &variance);
  group_set(j, index, mean, variance);
}

/* Where each position of a sample has the same channels: groups of columns. */
void apus_group_columns_forward(group_job *job);
void apus_group_columns_backward(group_job *job);
void apus_group_rows_forward(group_job *job);
void apus_group_rows_backward(group_job *job);

#endif
