/* Drivers of what treats pairs of elements. */

#include "elementwise/kernels.h"

void apus_binary_f32(apus_binary operation, const apus_broadcast *space, const float *a, const float *b, float *y) {
  apus_binary_reference_f32(operation, space, a, b, y);
}

void apus_compare_f32(apus_comparison operation, const apus_broadcast *space, const float *a, const float *b, uint8_t *y) {
  apus_compare_reference_f32(operation, space, a, b, y);
}
