typedef float real;
#define real_sqrt sqrtf
#include "optimizer/reference.c.inc"

void apus_optimizer_step_reference_f32(apus_optimizer rule, int64_t items, const apus_optimizer_item *item,
                                       const apus_optimizer_options *options) {
  for (int64_t k = 0; k < items; k++) {
    const apus_optimizer_item *p = &item[k];
    const reference_item one = {p->count, p->value,        p->gradient, {p->state[0], p->state[1], p->state[2]},
                                p->rate,  p->weight_decay, p->step};
    rules[rule](&one, options);
  }
}
