#include "apus/optimizer.h"

typedef double real;
#include "optimizer/sgd_ref.c.inc"

void apus_sgd_step_reference_f64(int64_t count, double *value, const double *gradient, double *velocity, double weight_decay,
                                 double learning_rate, double momentum, int nesterov) {
  sgd_step(count, value, gradient, velocity, weight_decay, learning_rate, momentum, nesterov);
}
