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
