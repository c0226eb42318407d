typedef double real;
#define real_sqrt sqrt
#include "optimizer/reference.c.inc"

void apus_optimizer_step_reference_f64(apus_optimizer rule, const apus_optimizer_item *item, double *value,
                                       const double *gradient, double *const state[APUS_OPTIMIZER_STATES],
                                       const apus_optimizer_options *options) {
  const reference_item one = {item->count,        value,     gradient, {state[0], state[1], state[2]}, item->rate,
                              item->weight_decay, item->step};
  rules[rule](&one, options);
}
