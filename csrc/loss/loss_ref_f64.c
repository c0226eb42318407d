#include "apus/reference/loss.h"

typedef double real;
#define softmax_forward apus_softmax_forward_reference_f64
#define softmax_backward apus_softmax_backward_reference_f64
#define log_softmax_forward apus_log_softmax_forward_reference_f64
#define log_softmax_backward apus_log_softmax_backward_reference_f64
#include "loss/loss_ref.c.inc"
