#include "apus/reference/elementwise.h"
#include "elementwise/broadcast.h"

typedef float real;
#define binary apus_binary_reference_f32
#include "elementwise/reference/binary_ref.c.inc"
