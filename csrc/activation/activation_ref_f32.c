#include "apus/reference/activation.h"

typedef float real;
#define relu_forward apus_relu_forward_reference_f32
#define relu_backward apus_relu_backward_reference_f32
#define bias_activation_forward apus_bias_activation_forward_reference_f32
#define bias_activation_backward apus_bias_activation_backward_reference_f32
#include "activation/activation_ref.c.inc"
