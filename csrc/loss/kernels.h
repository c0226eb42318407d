#ifndef APUS_LOSS_KERNELS_H
#define APUS_LOSS_KERNELS_H

#include <stdint.h>

#include "apus/class_loss.h"
#include "apus/pointwise_loss.h"

/* One tier's kernels: serial, as the functions of the headers without their prefix. */
typedef struct apus_loss_kernels {
  /* apus/loss.h */
  void (*softmax_forward)(int64_t rows, int64_t classes, const float *x, float *y);
  void (*softmax_backward)(int64_t rows, int64_t classes, const float *y, const float *dy, float *dx);
  void (*log_softmax_forward)(int64_t rows, int64_t classes, const float *x, float *y);
  void (*log_softmax_backward)(int64_t rows, int64_t classes, const float *y, const float *dy, float *dx);
  /* apus/class_loss.h */
  void (*label_cross_entropy_forward)(const apus_label_rows *rows, const float *weights, float smoothing, const float *logits,
                                      float *losses, float *probabilities);
  void (*label_cross_entropy_backward)(const apus_label_rows *rows, const float *weights, float smoothing,
                                       const float *probabilities, const float *dlosses, float *dlogits);
  void (*target_cross_entropy_forward)(int64_t rows, int64_t classes, const float *targets, const float *weights, float smoothing,
                                       const float *logits, float *losses, float *probabilities);
  void (*target_cross_entropy_backward)(int64_t rows, int64_t classes, const float *targets, const float *weights,
                                        float smoothing, const float *probabilities, const float *dlosses, float *dlogits);
  void (*focal_forward)(const apus_label_rows *rows, const float *weights, float gamma, const float *logits, float *losses,
                        float *slopes, float *probabilities);
  void (*focal_backward)(const apus_label_rows *rows, const float *slopes, const float *probabilities, const float *dlosses,
                         float *dlogits);
  void (*hinge_forward)(const apus_label_rows *rows, const float *weights, float margin, const float *scores, float *losses);
  void (*hinge_backward)(const apus_label_rows *rows, const float *weights, float margin, const float *scores,
                         const float *dlosses, float *dscores);
  /* apus/pointwise_loss.h; positive_weights only where rows are whole */
  void (*pointwise_loss_forward)(const apus_pointwise_loss *loss, int64_t rows, int64_t columns, const float *positive_weights,
                                 const float *x, const float *targets, float *losses);
  void (*pointwise_loss_backward)(const apus_pointwise_loss *loss, int64_t rows, int64_t columns, const float *positive_weights,
                                  const float *x, const float *targets, const float *dlosses, float *dx);
} apus_loss_kernels;

extern const apus_loss_kernels apus_loss_generic;
#if defined(__x86_64__)
extern const apus_loss_kernels apus_loss_avx2, apus_loss_avx512;
#elif defined(__aarch64__)
extern const apus_loss_kernels apus_loss_neon;
#endif

#endif
