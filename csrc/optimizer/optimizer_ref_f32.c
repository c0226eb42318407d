#include "optimizer/gradient.h"

typedef float real;

#include "optimizer/gradient_ref.c.inc"

double apus_gradient_squares_reference_f32(int64_t count, const float *gradient) { return gradient_squares(count, gradient); }

void apus_gradient_scale_reference_f32(int64_t count, float *gradient, float factor) { gradient_scale(count, gradient, factor); }

void apus_gradient_clip_reference_f32(int64_t count, float *gradient, float limit) { gradient_clip(count, gradient, limit); }

void apus_gradient_clip_units_reference_f32(int64_t rows, int64_t columns, const float *value, float *gradient, float clipping,
                                            float floor) {
  gradient_clip_units(rows, columns, value, gradient, clipping, floor);
}

#define real_sqrt sqrtf
#include "optimizer/reference.c.inc"

void apus_optimizer_step_reference_f32(apus_optimizer rule, int64_t items, const apus_optimizer_item *item,
                                       const apus_optimizer_options *options) {
  for (int64_t k = 0; k < items; k++) {
    const apus_optimizer_item *p = &item[k];
    const reference_item one = {p->count, p->value,        p->gradient, {p->state[0], p->state[1], p->state[2]},
                                p->rate,  p->weight_decay, p->step};
    rules[rule].step(&one, options);
  }
}
