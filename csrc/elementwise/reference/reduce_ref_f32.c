#include <math.h>

#include "apus/reference/elementwise.h"

typedef float scalar;
#define LOWEST -INFINITY
#define HIGHEST INFINITY
#define IS_NAN(x) isnan(x)
#define SUM(a, b) ((a) + (b))
#define reduce apus_reduce_reference_f32
#include "elementwise/reference/reduce_ref.c.inc"
