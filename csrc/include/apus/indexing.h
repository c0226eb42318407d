#ifndef APUS_INDEXING_H
#define APUS_INDEXING_H

#include <stddef.h>
#include <stdint.h>

/* Elements by their places along an axis, places by the size of their elements, running sums.
 *
 * x [outer, size, inner]; indices [count], the same for all of outer and inner, or [outer, count, inner], an index for each
 * element of the result. Every index is in 0 ..< size: apus_index_outside finds one that is not. */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct apus_indexing {
  int64_t outer, size, inner, count;
  int per_element; /* 1: indices [outer, count, inner]; 0: [count] */
} apus_indexing;

/* The place in `indices` of the first that is not in 0 ..< size; -1 where all are. */
int64_t apus_index_outside(int64_t count, int64_t size, const int32_t *indices);

/* y [outer, count, inner]: y[o, k, i] = x[o, index of (o, k, i), i]. element_bytes 1, 4 or 8; y is no part of x. */
void apus_gather(int element_bytes, const apus_indexing *shape, const int32_t *indices, const void *x, void *y);

/* The gradient, and a sum by index: y[o, index of (o, k, i), i] += u[o, k, i], u [outer, count, inner], in the order of k: one
 * chain for an element of y, whatever the number of threads. */
void apus_scatter_add_f32(const apus_indexing *shape, const int32_t *indices, const float *u, float *y);
void apus_scatter_add_f64(const apus_indexing *shape, const int32_t *indices, const double *u, double *y);

/* y[o, m, i] = x[o, 0, i] + … + x[o, m, i]; with `reversed` x[o, m, i] + … + x[o, middle - 1, i]. The sums are kept in double and
 * rounded where they are stored. y may be x. */
void apus_cumulative_sum_f32(int64_t outer, int64_t middle, int64_t inner, int reversed, const float *x, float *y);
void apus_cumulative_sum_f64(int64_t outer, int64_t middle, int64_t inner, int reversed, const double *x, double *y);

/* y [rows, count]: the places of the `count` smallest elements of each row of x [rows, columns], smallest first; with
 * `descending` of the largest, largest first. A NaN is larger than any number; of equal elements the first comes first. count <=
 * columns < 2^31; scratch: apus_order_scratch bytes, aligned to 4. */
size_t apus_order_scratch(int64_t rows, int64_t columns, int64_t count);
void apus_order_f32(int64_t rows, int64_t columns, int64_t count, int descending, const float *x, int32_t *y, void *scratch);
void apus_order_f64(int64_t rows, int64_t columns, int64_t count, int descending, const double *x, int32_t *y, void *scratch);

#ifdef __cplusplus
}
#endif
#endif
