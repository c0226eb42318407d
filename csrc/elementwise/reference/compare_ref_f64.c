#include "apus/elementwise.h"
#include "elementwise/broadcast.h"

typedef double scalar;
#define compare apus_compare_f64
#include "elementwise/reference/compare_ref.c.inc"
