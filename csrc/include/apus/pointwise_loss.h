#ifndef APUS_POINTWISE_LOSS_H
#define APUS_POINTWISE_LOSS_H

#include <stddef.h>
#include <stdint.h>

/* Losses of an element x and its target t, not yet reduced, and their derivatives; d = x − t, σ(x) = 1 / (1 + exp(−x)),
 * s(x) = log(1 + exp(x)) from exp(−|x|), so that no end overflows. A term with weight 0 is 0
 * where s is infinite (x = ±∞); a NaN in x stays one. */

#ifdef __cplusplus
extern "C" {
#endif

typedef enum apus_pointwise_kind {
  APUS_LOSS_SQUARED,   /* d²                                                            2d */
  APUS_LOSS_ABSOLUTE,  /* |d|                                                           sign d, 0 at 0 */
  APUS_LOSS_SMOOTH_L1, /* |d| < β ? d² / 2β : |d| − β / 2 (Girshick 2015); β > 0        |d| < β ? d / β : sign d */
  APUS_LOSS_BINARY_CROSS_ENTROPY, /* a t s(−x) + b (1 − t) s(x); t in 0 … 1                        b (1 − t) σ(x) − a t σ(−x) */
  APUS_LOSS_BINARY_FOCAL /* t 1 or 0, u = x or −x, w = a or b: w σ(−u)^γ s(−u) (Lin et al. 2017)
                            −± w σ(−u)^γ (σ(−u) + γ σ(u) s(−u)) */
} apus_pointwise_kind;

/* Only what the kind's formula names is read. */
typedef struct apus_pointwise_loss {
  apus_pointwise_kind kind;
  double beta, gamma;
  double positive, negative; /* a, b */
} apus_pointwise_loss;

/* losses [rows, columns] of x and targets of the same shape; losses may be x. positive_weights [columns] or NULL: binary
 * cross-entropy's a for each column in place of loss->positive. */
void apus_pointwise_loss_forward(const apus_pointwise_loss *loss, int64_t rows, int64_t columns, const float *positive_weights,
                                 const float *x, const float *targets, float *losses);
/* dx = dlosses · derivative; dx may be x or dlosses. */
void apus_pointwise_loss_backward(const apus_pointwise_loss *loss, int64_t rows, int64_t columns, const float *positive_weights,
                                  const float *x, const float *targets, const float *dlosses, float *dx);

#ifdef __cplusplus
}
#endif
#endif
