#ifndef APUS_LOSS_H
#define APUS_LOSS_H

#include <stddef.h>
#include <stdint.h>

#include "apus/status.h"

/* Softmax and cross-entropy on logits [rows, classes] with integer labels [rows].
 *   loss_i = log Σ_j exp(z_ij − max_i) − (z_i,label − max_i)
 *   dlogits_ij = (softmax(z_i)_j − [j = label_i]) · factor                       factor: upstream gradient / rows for the mean
 * Labels must be in 0 ..< classes: apus_labels_check first. */

#ifdef __cplusplus
extern "C" {
#endif

/* Index of the first label outside 0 ..< classes, or −1. */
int64_t apus_labels_check(int64_t rows, int64_t classes, const int32_t *labels);

/* losses [rows] or NULL; probabilities [rows, classes] or NULL (kept for backward; may be logits). */
void apus_softmax_cross_entropy_forward(int64_t rows, int64_t classes, const float *logits, const int32_t *labels, float *losses,
                                        float *probabilities);
/* dlogits may be probabilities. */
void apus_softmax_cross_entropy_backward(int64_t rows, int64_t classes, const float *probabilities, const int32_t *labels,
                                         float factor, float *dlogits);
/* y may be x. */
void apus_softmax_forward(int64_t rows, int64_t classes, const float *x, float *y);
/* dx = y·(dy − Σ_j dy_j y_j); dx may be dy. */
void apus_softmax_backward(int64_t rows, int64_t classes, const float *y, const float *dy, float *dx);
/* y = x − max − log Σ exp(x − max); y may be x. */
void apus_log_softmax_forward(int64_t rows, int64_t classes, const float *x, float *y);
/* dx = dy − exp(y)·Σ_j dy_j; dx may be dy. */
void apus_log_softmax_backward(int64_t rows, int64_t classes, const float *y, const float *dy, float *dx);

#ifdef __cplusplus
}
#endif
#endif
