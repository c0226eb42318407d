#include "apus/reference/resample.h"

typedef float real;
#include "resample/resample_ref.c.inc"

void apus_resample_reference_f32(const apus_resample *shape, const int64_t *first, const float *weights, const float *x,
                                 float *y) {
  resample(shape, first, weights, x, y);
}
