#include "apus/reference/elementwise.h"
#include "elementwise/broadcast.h"

typedef double real;
#define binary apus_binary_reference_f64
#include "elementwise/reference/binary_ref.c.inc"
