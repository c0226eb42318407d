#include "apus/reference/resample.h"

typedef double real;
#include "resample/resample_ref.c.inc"

void apus_resample_reference_f64(const apus_resample *shape, const int64_t *first, const double *weights, const double *x,
                                 double *y) {
  resample(shape, first, weights, x, y);
}
