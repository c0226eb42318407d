#include "apus/elementwise.h"
#include "elementwise/kernels.h"

typedef float real;
#define argmax apus_argmax_reference_f32
#include "elementwise/reference/argmax_ref.c.inc"
