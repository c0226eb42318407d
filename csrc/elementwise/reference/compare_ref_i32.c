#include "apus/elementwise.h"
#include "elementwise/broadcast.h"

typedef int32_t scalar;
#define compare apus_compare_i32
#include "elementwise/reference/compare_ref.c.inc"
