#ifndef APUS_OPTIMIZER_H
#define APUS_OPTIMIZER_H

#include <stddef.h>
#include <stdint.h>

/* Optimizer steps: one pass over all parameters in one call. */

#ifdef __cplusplus
extern "C" {
#endif

/* One parameter of a step: `count` elements each. */
typedef struct apus_sgd_item {
  int64_t count;
  float *value;
  const float *gradient;
  float *velocity; /* NULL where momentum is 0 */
  float weight_decay;
} apus_sgd_item;

/* Stochastic gradient descent with momentum (PyTorch's form, dampening 0):
 *   g = gradient + weight_decay·value
 *   velocity = momentum·velocity + g
 *   value = value − learning_rate·(nesterov ? g + momentum·velocity : velocity)
 * Velocities start at 0. */
void apus_sgd_step(int64_t items, const apus_sgd_item *item, float learning_rate, float momentum, int nesterov);
void apus_sgd_step_reference_f32(int64_t items, const apus_sgd_item *item, float learning_rate, float momentum, int nesterov);
/* One parameter in double. */
void apus_sgd_step_reference_f64(int64_t count, double *value, const double *gradient, double *velocity, double weight_decay,
                                 double learning_rate, double momentum, int nesterov);

/* One parameter of a step of Adam: `count` elements each; both moments start at 0. */
typedef struct apus_adam_item {
  int64_t count;
  float *value;
  const float *gradient;
  float *first_moment, *second_moment;
  float weight_decay;
} apus_adam_item;

typedef struct apus_adam_options {
  float learning_rate, beta1, beta2, epsilon; /* usually 1e-3, 0.9, 0.999, 1e-8; both betas below 1 */
  int64_t step;                               /* t: 1 for the first one */
  int decoupled;                              /* AdamW */
} apus_adam_options;

/* Adam (Kingma & Ba 2015, algorithm 1), or with decoupled weight decay AdamW (Loshchilov & Hutter 2019, algorithm 2; their
 * schedule multiplier is part of the learning rate, as in PyTorch):
 *   g = gradient + (decoupled ? 0 : weight_decay·value)
 *   value = value·(decoupled ? 1 − learning_rate·weight_decay : 1)
 *   m = beta1·m + (1 − beta1)·g
 *   v = beta2·v + (1 − beta2)·g²
 *   value = value − learning_rate·(m / (1 − beta1ᵗ)) / (√(v / (1 − beta2ᵗ)) + epsilon)
 * One pass over all parameters; nothing may overlap. */
void apus_adam_step(int64_t items, const apus_adam_item *item, const apus_adam_options *options);
void apus_adam_step_reference_f32(int64_t items, const apus_adam_item *item, const apus_adam_options *options);
/* One parameter in double. */
void apus_adam_step_reference_f64(int64_t count, double *value, const double *gradient, double *first_moment,
                                  double *second_moment, double weight_decay, const apus_adam_options *options);

#ifdef __cplusplus
}
#endif
#endif
