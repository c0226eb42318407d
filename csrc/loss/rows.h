#ifndef APUS_LOSS_ROWS_H
#define APUS_LOSS_ROWS_H

/* What losses of rows are made of, over one tier's header (which must be included before). A sum runs in SIMD_LANES chains,
 * folded in a fixed order. */

#include <math.h>
#include <stddef.h>

#include "runtime/simd/simd_math.h"

static const float lane_numbers[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/* The first n lanes of v, the others replaced. */
SIMD_INLINE vf first_lanes(vf v, int n, float other) {
  return vf_blend(vf_lt(vf_load(lane_numbers), vf_set1((float)n)), v, vf_set1(other));
}

SIMD_INLINE float row_max(int64_t classes, const float *z) {
  vf max = vf_set1(-INFINITY);
  int64_t j = 0;
  for (; j + SIMD_LANES <= classes; j += SIMD_LANES)
    max = vf_max(max, vf_load(z + j));
  int rest = (int)(classes - j);
  if (rest)
    max = vf_max(max, first_lanes(vf_load_partial(z + j, rest), rest, -INFINITY));
  return vf_reduce_max(max);
}

/* Σ exp(z − max); stores the exponentials where e is not NULL (it may be z). */
SIMD_INLINE float row_exponentials(int64_t classes, const float *z, float max, float *e) {
  vf sum = vf_zero(), offset = vf_set1(max);
  int64_t j = 0;
  for (; j + SIMD_LANES <= classes; j += SIMD_LANES) {
    vf v = vf_exp(vf_sub(vf_load(z + j), offset));
    if (e)
      vf_store(e + j, v);
    sum = vf_add(sum, v);
  }
  int rest = (int)(classes - j);
  if (rest) {
    vf v = vf_exp(vf_sub(vf_load_partial(z + j, rest), offset));
    if (e)
      vf_store_partial(e + j, v, rest);
    sum = vf_add(sum, first_lanes(v, rest, 0));
  }
  return vf_reduce_add(sum);
}

SIMD_INLINE void row_divide(int64_t classes, float *y, float divisor) {
  vf d = vf_set1(divisor);
  int64_t j = 0;
  for (; j + SIMD_LANES <= classes; j += SIMD_LANES)
    vf_store(y + j, vf_div(vf_load(y + j), d));
  int rest = (int)(classes - j);
  if (rest)
    vf_store_partial(y + j, vf_div(vf_load_partial(y + j, rest), d), rest);
}

SIMD_INLINE float row_sum(int64_t classes, const float *x) {
  vf sum = vf_zero();
  int64_t j = 0;
  for (; j + SIMD_LANES <= classes; j += SIMD_LANES)
    sum = vf_add(sum, vf_load(x + j));
  return vf_reduce_add(vf_add(sum, vf_load_partial(x + j, (int)(classes - j))));
}

SIMD_INLINE float exponential(float x) { return vf_reduce_max(vf_exp(vf_set1(x))); }

#endif
