#ifndef APUS_LOSS_H
#define APUS_LOSS_H

#include <stddef.h>
#include <stdint.h>

#include "apus/status.h"

/* Softmax and its logarithm over the rows of x [rows, classes]. Losses of such rows are in apus/class_loss.h. */

#ifdef __cplusplus
extern "C" {
#endif

/* y = exp(x − max) / Σ exp(x − max); y may be x. */
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
