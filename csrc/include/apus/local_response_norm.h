#ifndef APUS_LOCAL_RESPONSE_NORM_H
#define APUS_LOCAL_RESPONSE_NORM_H

#include <stddef.h>
#include <stdint.h>

#include "apus/status.h"

/* Local response normalization across channels (Krizhevsky et al. 2012) of x [rows, channels], rows = batch·height·width:
 *   d[c] = k + alpha/size · Σ x[j]²,  j from c − size/2 to c + (size − 1)/2, cut at the first and the last channel
 *   y[c] = x[c] · d[c]^−beta
 * The division by `size` (not by the channels that are there) is PyTorch's and Caffe's; the paper's formula has none, so its
 * alpha of 1e-4 with size 5 is 5e-4 here. d^−beta by square roots for beta 0.75, else by powers of two and
 * exp and log of what remains. y is within 4 units in its last place. Rows with values above 1e17, whose squares might overflow,
 * and all with a k below 1e-30, are made in double. */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct apus_local_response_norm_plan {
  int64_t rows, channels, size;
  float alpha, beta, k;
  int isa, threads;
  size_t scratch_bytes; /* 64-byte aligned */
} apus_local_response_norm_plan;

/* size in 1 ... APUS_MAX_SIZE (2^31 − 1), also beyond the channels; at most APUS_MAX_ELEMENTS (2^40) elements of x; k > 0, alpha
 * and beta at least 0 and finite: d is positive then. */
apus_status apus_local_response_norm_plan_make(apus_local_response_norm_plan *plan, int64_t rows, int64_t channels, int64_t size,
                                               float alpha, float beta, float k, apus_error *error);
/* y is other memory than x. */
void apus_local_response_norm_forward(const apus_local_response_norm_plan *plan, const float *x, float *y, void *scratch);
/* dx[c] = dy[c]·d[c]^−beta − 2·alpha·beta/size · x[c] · Σ dy[i]·x[i]·d[i]^(−beta − 1) over the i whose sums x[c] is part of.
 * d is computed anew from x; dx is other memory than x and dy. */
void apus_local_response_norm_backward(const apus_local_response_norm_plan *plan, const float *x, const float *dy, float *dx,
                                       void *scratch);

#ifdef __cplusplus
}
#endif
#endif
