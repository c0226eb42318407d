#include <math.h>
#include <string.h>

#include "apus/indexing.h"
#include "apus/runtime.h"
#include "indexing/indexing.h"
#include "runtime/integers.h"

typedef double real;

#define scatter_add apus_scatter_add_f64
#define cumulative_sum apus_cumulative_sum_f64
#include "indexing/accumulate.c.inc"

#define order apus_order_f64
#include "indexing/order.c.inc"
