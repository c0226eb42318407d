#ifndef APUS_NORM_WIDE_H
#define APUS_NORM_WIDE_H

#include <float.h>
#include <stdint.h>

/* When sums made in float can be trusted, and what is done in double where they cannot: squares that overflow or underflow, a
 * center far from the mean, a gradient that is a small difference of large terms. Ordinary data never comes here. */

/* Of `count` values: Σ (x − center) and Σ (x − center)². They are multiplied by 1 / count, which compilers
 * compute once for all channels: divisions would take most of the time. */
static inline int norm_is_suspect(double count, double epsilon, double sum, double squares) {
  const double m2 = squares - sum * sum * (1 / count);
  const int overflowed = !(squares <= DBL_MAX), underflowed = epsilon < 0x1p-64 && squares < count * 0x1p-90;
  /* What is lost in m2 matters where the variance does beside epsilon. */
  const int cancelled = 16 * m2 < squares && squares > count * epsilon * 0x1p-30;
  return overflowed | underflowed | cancelled;
}

/* What a number of values is to the test of their gradient: computed once, as divisions would take most of its time. */
typedef struct norm_count {
  double count, each, least;
} norm_count;

/* each = 1 / count. In float dx errs by about 2.7 units of dz: so much of Σ dz² must remain. With many values one of them is far
 * above their root mean square. */
static inline norm_count norm_count_of(int64_t values) {
  const double count = (double)values;
  return (norm_count){count, 1 / count, count > 1440 ? 0.0625 : count < 128 ? 0.7 : 90 / count};
}

/* sum = Σ dz, dot = Σ dz·x̂, squares = Σ dz² over the values; dx is proportional to what remains of dz after its mean and its part
 * along x̂ are taken away. inverse = 1 / deviation. */
static inline int norm_gradient_is_suspect(norm_count of, double epsilon, double inverse, double sum, double dot,
                                           double squares) {
  const double count = of.count, least = of.least;
  /* Σ x̂² = count·(1 − epsilon·inverse²) */
  const double rest = squares - (sum * sum + dot * dot * (1 + epsilon * inverse * inverse)) * of.each;
  const int is_zero = (squares == 0) & (sum == 0) & (dot == 0);
  const int overflowed = !(squares <= DBL_MAX), underflowed = (squares < count * 0x1p-120) & !is_zero;
  /* dx is made with inverse²·dz, which float must hold. */
  const double size = inverse * inverse * (inverse * inverse) * squares * of.each;
  const int out_of_range = !(size > 0x1p-200 && size < 0x1p200) & !is_zero;
  return overflowed | underflowed | !(rest >= least * squares) | out_of_range;
}

/* Chunks of `width` sums, `stride` doubles apart, are added in a fixed tree into the first. */
static inline void norm_merge(double *sums, int64_t chunks, int64_t stride, int64_t width) {
  for (int64_t step = 1; step < chunks; step *= 2)
    for (int64_t i = 0; i + step < chunks; i += 2 * step) {
      double *into = sums + i * stride;
      const double *from = into + step * stride;
      for (int64_t c = 0; c < width; c++)
        into[c] += from[c];
    }
}

/* Rows of a matrix, `stride` floats apart, whose elements have statistics in common. */
typedef struct norm_block {
  int64_t rows, width, stride;
} norm_block;

/* In double: the mean and the biased variance of a block. */
void apus_norm_wide_statistics(norm_block block, const float *x, double *mean, double *variance);
/* dx holds dz and is overwritten by (g − Σ g/m − x̂·Σ g·x̂/m) / deviation, g = gamma·dz, sums over the block's m elements;
 * gamma [width] or NULL. */
void apus_norm_wide_gradient(norm_block block, const float *x, const float *gamma, double epsilon, float *dx);

#endif
