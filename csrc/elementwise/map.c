/* Drivers of what treats each element alone. */

#include "elementwise/kernels.h"

void apus_unary_f32(apus_unary operation, int64_t count, const float *x, float *y) {
  apus_unary_reference_f32(operation, count, x, y);
}

void apus_scale_f32(int64_t count, const float *x, float factor, float offset, float *y) {
  apus_scale_reference_f32(count, x, factor, offset, y);
}

void apus_select_f32(int64_t count, const uint8_t *mask, const float *a, const float *b, float *y) {
  apus_select_reference_f32(count, mask, a, b, y);
}

void apus_dropout_f32(int64_t count, uint64_t seed, uint64_t stream, float rate, const float *x, float *y) {
  apus_dropout_reference_f32(count, seed, stream, rate, x, y);
}

int apus_all_finite_f32(int64_t count, const float *x) { return apus_all_finite_reference_f32(count, x); }
