#include "apus/random.h"
#include "apus/reference/elementwise.h"

typedef double real;
#define unary apus_unary_reference_f64
#define scale apus_scale_reference_f64
#define select_by_mask apus_select_f64
#define dropout apus_dropout_reference_f64
#define all_finite apus_all_finite_f64
#include "elementwise/reference/map_ref.c.inc"
