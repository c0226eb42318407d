#include "apus/random.h"
#include "apus/reference/elementwise.h"
#include "elementwise/kernels.h"

typedef float real;
#define unary apus_unary_reference_f32
#define scale apus_scale_reference_f32
#define select_by_mask apus_select_reference_f32
#define dropout apus_dropout_reference_f32
#define all_finite apus_all_finite_reference_f32
#include "elementwise/reference/map_ref.c.inc"
