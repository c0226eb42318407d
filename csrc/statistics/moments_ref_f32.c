typedef float real;

#define moments_reference apus_moments_reference_f32
#include "statistics/moments_ref.c.inc"
