#include <math.h>

#include "apus/elementwise.h"
#include "apus/random.h"
#include "apus/reference/elementwise.h"
#include "elementwise/broadcast.h"
#include "elementwise/kernels.h"

typedef float real, scalar;

#define argmax apus_argmax_reference_f32
#include "elementwise/reference/argmax_ref.c.inc"

#define binary apus_binary_reference_f32
#include "elementwise/reference/binary_ref.c.inc"

#define compare apus_compare_reference_f32
#include "elementwise/reference/compare_ref.c.inc"

#define LOWEST -INFINITY
#define HIGHEST INFINITY
#define IS_NAN(x) isnan(x)
#define SUM(a, b) ((a) + (b))
#define reduce apus_reduce_reference_f32
#include "elementwise/reference/reduce_ref.c.inc"

#define unary apus_unary_reference_f32
#define scale apus_scale_reference_f32
#define select_by_mask apus_select_reference_f32
#define dropout apus_dropout_reference_f32
#define all_finite apus_all_finite_reference_f32
#include "elementwise/reference/map_ref.c.inc"
