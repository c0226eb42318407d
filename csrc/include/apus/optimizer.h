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

#ifdef __cplusplus
}
#endif
#endif
