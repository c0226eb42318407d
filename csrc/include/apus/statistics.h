#ifndef APUS_STATISTICS_H
#define APUS_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

/* What the numbers of a tensor are like, for those who watch a network: in double, so that no square overflows. */

#ifdef __cplusplus
extern "C" {
#endif

/* Of one channel. Mean, variance (of the population), least and largest are those of the finite elements, 0 where there is none.
 */
typedef struct apus_moments {
  int64_t count, finite;
  int64_t zeros;
  int64_t ends; /* finite elements that are at most `low` or at least `high` */
  double mean, variance;
  float least, largest;
} apus_moments;

/* moments[c] of x [rows, channels]; channels = 1 for a whole tensor. Sums are taken from each channel's first element on, in
 * chunks of rows that the shape alone decides, merged in their order. `scratch`: apus_moments_scratch bytes, 64-byte aligned. */
size_t apus_moments_scratch(int64_t rows, int64_t channels);
void apus_moments_f32(int64_t rows, int64_t channels, const float *x, float low, float high, apus_moments *moments,
                      void *scratch);

/* counts[b] of the elements 0, step, 2·step, … below `count` that lie in bin b of `bins` equal ones from `least` to `largest`;
 * `largest` belongs to the last. What is outside, or no number, is in none. */
void apus_histogram_f32(int64_t count, int64_t step, const float *x, float least, float largest, int64_t bins, int64_t *counts);

#ifdef __cplusplus
}
#endif
#endif
