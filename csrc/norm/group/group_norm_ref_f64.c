#include "apus/reference/group_norm.h"

typedef double real;
typedef apus_group_norm_forward_arguments_f64 forward_arguments;
typedef apus_group_norm_backward_arguments_f64 backward_arguments;
#define group_norm_forward apus_group_norm_forward_reference_f64
#define group_norm_backward apus_group_norm_backward_reference_f64
#include "norm/group/group_norm_ref.c.inc"
