#ifndef APUS_OPTIMIZER_KERNELS_H
#define APUS_OPTIMIZER_KERNELS_H

#include <stdint.h>

#include "apus/optimizer.h"

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

/* The numbers of a step that are the same for every parameter. correction1 = learning_rate / (1 − beta1ᵗ),
 * correction2 = 1 / √(1 − beta2ᵗ). */
typedef struct adam_numbers {
  float learning_rate, beta1, beta2, epsilon, correction1, correction2;
  int decoupled;
} adam_numbers;

typedef struct apus_adam_kernels {
  void (*step)(const apus_adam_item *item, int64_t first, int64_t last, const adam_numbers *numbers);
} apus_adam_kernels;

extern const apus_adam_kernels apus_adam_generic;
#if defined(__x86_64__)
extern const apus_adam_kernels apus_adam_avx2, apus_adam_avx512;
#elif defined(__aarch64__)
extern const apus_adam_kernels apus_adam_neon;
#endif

#endif
