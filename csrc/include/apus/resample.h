#ifndef APUS_RESAMPLE_H
#define APUS_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "apus/status.h"

/* Linear resampling along one axis: nearest, bilinear, bicubic, Lanczos, with or without antialiasing, and their gradients are
 * all tables of taps. x [outer, in_size, inner], y [outer, out_size, inner]:
 *
 *   y[n, o, j] = Σ_{t < taps} weights[o·taps + t] · x[n, first[o] + t, j]
 *
 * one chain in the order of t. The gradient with respect to x is the same with the transposed table. */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct apus_resample {
  int64_t outer, in_size, out_size, inner;
  int64_t taps; /* of an output at most; weights behind the last one are 0 and their taps must lie inside as well */
} apus_resample;

/* Sizes of at least 0, taps of at least 1 (where there are outputs), and every tap inside x: 0 <= first[o] and
 * first[o] + taps <= in_size. x, y and the table have at most APUS_MAX_ELEMENTS (2^40) elements each. The text names the first
 * output for which that does not hold. */
apus_status apus_resample_check(const apus_resample *shape, const int64_t *first, apus_error *error);

/* y is no part of x. */
void apus_resample_run(const apus_resample *shape, const int64_t *first, const float *weights, const float *x, float *y);

#ifdef __cplusplus
}
#endif
#endif
