typedef double real;

#define moments_reference apus_moments_reference_f64
#include "statistics/moments_ref.c.inc"
