#ifndef APUS_REFERENCE_LOSS_H
#define APUS_REFERENCE_LOSS_H

#include "apus/loss.h"

/* The references of apus/loss.h. */

#ifdef __cplusplus
extern "C" {
#endif

void apus_softmax_forward_reference_f32(int64_t rows, int64_t classes, const float *x, float *y);
void apus_softmax_forward_reference_f64(int64_t rows, int64_t classes, const double *x, double *y);
void apus_softmax_backward_reference_f32(int64_t rows, int64_t classes, const float *y, const float *dy, float *dx);
void apus_softmax_backward_reference_f64(int64_t rows, int64_t classes, const double *y, const double *dy, double *dx);
void apus_log_softmax_forward_reference_f32(int64_t rows, int64_t classes, const float *x, float *y);
void apus_log_softmax_forward_reference_f64(int64_t rows, int64_t classes, const double *x, double *y);
void apus_log_softmax_backward_reference_f32(int64_t rows, int64_t classes, const float *y, const float *dy, float *dx);
void apus_log_softmax_backward_reference_f64(int64_t rows, int64_t classes, const double *y, const double *dy, double *dx);

#ifdef __cplusplus
}
#endif
#endif
