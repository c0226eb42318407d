#include "apus/reference/local_response_norm.h"

typedef float real;
#define local_response_norm_forward apus_local_response_norm_forward_reference_f32
#define local_response_norm_backward apus_local_response_norm_backward_reference_f32
#include "norm/response/local_response_norm_ref.c.inc"
