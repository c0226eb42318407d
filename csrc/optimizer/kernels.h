#ifndef APUS_OPTIMIZER_KERNELS_H
#define APUS_OPTIMIZER_KERNELS_H

#include <stdint.h>

/* One tier's kernels: serial; one parameter, as apus_sgd_step. velocity may be NULL. */
typedef struct apus_sgd_kernels {
  void (*step)(int64_t count, float *value, const float *gradient, float *velocity, float weight_decay, float learning_rate,
               float momentum, int nesterov);
} apus_sgd_kernels;

extern const apus_sgd_kernels apus_sgd_generic;
#if defined(__x86_64__)
extern const apus_sgd_kernels apus_sgd_avx2, apus_sgd_avx512;
#elif defined(__aarch64__)
extern const apus_sgd_kernels apus_sgd_neon;
#endif

#endif
