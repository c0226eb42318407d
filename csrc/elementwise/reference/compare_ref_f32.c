#include "apus/elementwise.h"
#include "elementwise/broadcast.h"
#include "elementwise/kernels.h"

typedef float scalar;
#define compare apus_compare_reference_f32
#include "elementwise/reference/compare_ref.c.inc"
