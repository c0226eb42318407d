#ifndef APUS_STATISTICS_KERNELS_H
#define APUS_STATISTICS_KERNELS_H

#include <stdint.h>

#include "apus/statistics.h"

/* Columns that are summed together: what is summed stays in the first-level cache. */
enum { MOMENTS_STRIP = 64 };

/* Of the columns of a strip: sums of the finite elements' distances from a pivot and of their squares, and counts. */
typedef struct apus_moment_sums {
  double sum[MOMENTS_STRIP], squares[MOMENTS_STRIP];
  float least[MOMENTS_STRIP], largest[MOMENTS_STRIP]; /* +∞ and −∞ where nothing is finite */
  int32_t finite[MOMENTS_STRIP], zeros[MOMENTS_STRIP], ends[MOMENTS_STRIP];
} apus_moment_sums;

/* One tier's kernels: serial. */
typedef struct apus_statistics_kernels {
  /* x: at most MOMENTS_STRIP columns of rows `step` apart; fewer than 2^31 rows. */
  void (*moments)(int64_t rows, int64_t columns, int64_t step, const float *x, const float *pivot, float low, float high,
                  apus_moment_sums *to);
} apus_statistics_kernels;

extern const apus_statistics_kernels apus_statistics_generic;
#if defined(__x86_64__)
extern const apus_statistics_kernels apus_statistics_avx2, apus_statistics_avx512;
#elif defined(__aarch64__)
extern const apus_statistics_kernels apus_statistics_neon;
#endif

#endif
