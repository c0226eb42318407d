#include "apus/optimizer.h"

void apus_sgd_step(int64_t items, const apus_sgd_item *item, float learning_rate, float momentum, int nesterov) {
  apus_sgd_step_reference_f32(items, item, learning_rate, momentum, nesterov);
}
