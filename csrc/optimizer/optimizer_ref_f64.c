#include "apus/reference/gradient.h"

typedef double real;

#include "optimizer/gradient_ref.c.inc"

double apus_gradient_squares_reference_f64(int64_t count, const double *gradient) { return gradient_squares(count, gradient); }

void apus_gradient_scale_reference_f64(int64_t count, double *gradient, double factor) {
  gradient_scale(count, gradient, factor);
}

void apus_gradient_clip_reference_f64(int64_t count, double *gradient, double limit) { gradient_clip(count, gradient, limit); }

void apus_gradient_clip_units_reference_f64(int64_t rows, int64_t columns, const double *value, double *gradient, double clipping,
                                            double floor) {
  gradient_clip_units(rows, columns, value, gradient, clipping, floor);
}

#define real_sqrt sqrt
#include "optimizer/reference.c.inc"

void apus_optimizer_step_reference_f64(apus_optimizer rule, const apus_optimizer_item *item, double *value,
                                       const double *gradient, double *const state[APUS_OPTIMIZER_STATES],
                                       const apus_optimizer_options *options) {
  const reference_item one = {item->count,        value,     gradient, {state[0], state[1], state[2]}, item->rate,
                              item->weight_decay, item->step};
  rules[rule].step(&one, options);
}
