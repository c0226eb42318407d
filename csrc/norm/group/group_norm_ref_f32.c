#include "apus/reference/group_norm.h"

typedef float real;
typedef apus_group_norm_forward_arguments forward_arguments;
typedef apus_group_norm_backward_arguments backward_arguments;
#define group_norm_forward apus_group_norm_forward_reference_f32
#define group_norm_backward apus_group_norm_backward_reference_f32
#include "norm/group/group_norm_ref.c.inc"
