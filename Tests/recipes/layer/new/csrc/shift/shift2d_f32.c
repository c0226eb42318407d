#include <stddef.h>

typedef float real;

#define shift2d apus_shift2d_f32
#include "shift/shift2d.c.inc"
