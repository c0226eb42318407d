#include "apus/optimizer.h"

typedef double real;
#include "optimizer/adam_ref.c.inc"

void apus_adam_step_reference_f64(int64_t count, double *value, const double *gradient, double *first_moment,
                                  double *second_moment, double weight_decay, const apus_adam_options *options) {
  adam_step(count, value, gradient, first_moment, second_moment, weight_decay, options);
}
