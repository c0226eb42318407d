/* Sums wrap around at 32 bits. */

#include "apus/reference/elementwise.h"

typedef int32_t scalar;
#define LOWEST INT32_MIN
#define HIGHEST INT32_MAX
#define IS_NAN(x) 0
#define SUM(a, b) (int32_t)((uint32_t)(a) + (uint32_t)(b))
#define reduce apus_reduce_reference_i32
#include "elementwise/reference/reduce_ref.c.inc"
