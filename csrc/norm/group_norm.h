#ifndef APUS_NORM_GROUP_NORM_H
#define APUS_NORM_GROUP_NORM_H

/* Between group_norm.c, group_norm_columns.c and group_norm_rows.c. */

#include <math.h>

#include "apus/group_norm.h"
#include "norm/kernels.h"
#include "runtime/cache.h"
#include "runtime/columns.h"

/* One call, forward or backward. */
typedef struct group_job {
  const apus_group_norm_plan *plan;
  const float *x, *y, *dy, *gamma, *beta, *residual;
  float epsilon;
  int relu, stream;
  norm_mask mask;
  float *mean, *inverse; /* [batch, groups]; written by forward, read by backward */
  float *out;            /* y or dx */
  float *dgamma, *dbeta, *dz;
  float *scratch;
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

static inline float group_inverse(float m2, float count, float epsilon) { return 1 / sqrtf(m2 / count + epsilon); }

/* Where each position of a sample has the same channels: groups of columns. */
void apus_group_columns_forward(group_job *job);
void apus_group_columns_backward(group_job *job);
void apus_group_rows_forward(group_job *job);
void apus_group_rows_backward(group_job *job);

#endif
