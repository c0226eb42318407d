#include "apus/optimizer.h"

typedef float real;
#include "optimizer/adam_ref.c.inc"

void apus_adam_step_reference_f32(int64_t items, const apus_adam_item *item, const apus_adam_options *options) {
  for (int64_t k = 0; k < items; k++)
    adam_step(item[k].count, item[k].value, item[k].gradient, item[k].first_moment, item[k].second_moment, item[k].weight_decay,
              options);
}
