#ifndef APUS_REFERENCE_LOSS_H
#define APUS_REFERENCE_LOSS_H

#include "apus/loss.h"

/* The references of apus/loss.h. */

#ifdef __cplusplus
extern "C" {
#endif

void apus_softmax_cross_entropy_forward_reference_f32(int64_t rows, int64_t classes, const float *logits, const int32_t *labels,
                                                      float *losses, float *probabilities);
void apus_softmax_cross_entropy_forward_reference_f64(int64_t rows, int64_t classes, const double *logits, const int32_t *labels,
                                                      double *losses, double *probabilities);
void apus_softmax_cross_entropy_backward_reference_f32(int64_t rows, int64_t classes, const float *probabilities,
                                                       const int32_t *labels, float factor, float *dlogits);
void apus_softmax_cross_entropy_backward_reference_f64(int64_t rows, int64_t classes, const double *probabilities,
                                                       const int32_t *labels, double factor, double *dlogits);
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
