#ifndef APUS_LOSS_KERNELS_H
#define APUS_LOSS_KERNELS_H

#include <stdint.h>

/* One tier's kernels: serial, as the functions of apus/loss.h without their prefix. */
typedef struct apus_loss_kernels {
  void (*softmax_cross_entropy_forward)(int64_t rows, int64_t classes, const float *logits, const int32_t *labels, float *losses,
                                        float *probabilities);
  void (*softmax_cross_entropy_backward)(int64_t rows, int64_t classes, const float *probabilities, const int32_t *labels,
                                         float factor, float *dlogits);
  void (*softmax_forward)(int64_t rows, int64_t classes, const float *x, float *y);
  void (*softmax_backward)(int64_t rows, int64_t classes, const float *y, const float *dy, float *dx);
} apus_loss_kernels;

extern const apus_loss_kernels apus_loss_generic;
#if defined(__x86_64__)
extern const apus_loss_kernels apus_loss_avx2, apus_loss_avx512;
#elif defined(__aarch64__)
extern const apus_loss_kernels apus_loss_neon;
#endif

#endif
