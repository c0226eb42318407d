#define REAL double
#define EPILOGUE apus_conv2d_epilogue_f64
#define FORWARD apus_conv2d_forward_reference_f64
#define BACKWARD_DATA apus_conv2d_backward_data_reference_f64
#define BACKWARD_WEIGHTS apus_conv2d_backward_weights_reference_f64
#include "conv/conv_ref.c.inc"
