#include "apus/optimizer.h"

typedef float real;
#include "optimizer/sgd_ref.c.inc"

void apus_sgd_step_reference_f32(int64_t items, const apus_sgd_item *item, float learning_rate, float momentum, int nesterov) {
  for (int64_t k = 0; k < items; k++)
    sgd_step(item[k].count, item[k].value, item[k].gradient, item[k].velocity, item[k].weight_decay, learning_rate, momentum,
             nesterov);
}
