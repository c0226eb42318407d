#include <math.h>

#include "apus/elementwise.h"
#include "apus/random.h"
#include "apus/reference/elementwise.h"
#include "elementwise/broadcast.h"

typedef double real, scalar;

#define argmax apus_argmax_f64
#include "elementwise/reference/argmax_ref.c.inc"

#define binary apus_binary_reference_f64
#include "elementwise/reference/binary_ref.c.inc"

#define compare apus_compare_f64
#include "elementwise/reference/compare_ref.c.inc"

#define LOWEST -INFINITY
#define HIGHEST INFINITY
#define IS_NAN(x) isnan(x)
#define SUM(a, b) ((a) + (b))
#define reduce apus_reduce_reference_f64
#include "elementwise/reference/reduce_ref.c.inc"

#define unary apus_unary_reference_f64
#define scale apus_scale_reference_f64
#define select_by_mask apus_select_f64
#define dropout apus_dropout_reference_f64
#define all_finite apus_all_finite_f64
#include "elementwise/reference/map_ref.c.inc"
