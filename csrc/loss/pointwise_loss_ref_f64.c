#include "apus/reference/pointwise_loss.h"

typedef double real;
#define pointwise_loss_forward apus_pointwise_loss_forward_reference_f64
#define pointwise_loss_backward apus_pointwise_loss_backward_reference_f64
#include "loss/pointwise_loss_ref.c.inc"
