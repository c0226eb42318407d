#include <stddef.h>

typedef double real;

#define shift2d apus_shift2d_f64
#include "shift/shift2d.c.inc"
