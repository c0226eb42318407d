#include "apus/elementwise.h"

typedef double real;
#define argmax apus_argmax_f64
#include "elementwise/reference/argmax_ref.c.inc"
