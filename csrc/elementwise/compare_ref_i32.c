#include "apus/elementwise.h"
#include "elementwise/broadcast.h"

typedef int32_t scalar;
#define compare apus_compare_i32
#include "elementwise/compare_ref.c.inc"
