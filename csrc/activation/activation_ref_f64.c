#include "apus/reference/activation.h"

typedef double real;
#define relu_forward apus_relu_forward_reference_f64
#define relu_backward apus_relu_backward_reference_f64
#define bias_activation_forward apus_bias_activation_forward_reference_f64
#define bias_activation_backward apus_bias_activation_backward_reference_f64
#include "activation/activation_ref.c.inc"
