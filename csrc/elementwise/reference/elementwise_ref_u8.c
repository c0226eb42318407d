#include "apus/elementwise.h"
#include "elementwise/broadcast.h"

typedef uint8_t scalar;
#define compare apus_compare_u8
#include "elementwise/reference/compare_ref.c.inc"
