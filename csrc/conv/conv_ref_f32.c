#define REAL float
#define EPILOGUE apus_conv2d_epilogue
#define FORWARD apus_conv2d_forward_reference_f32
#define BACKWARD_DATA apus_conv2d_backward_data_reference_f32
#define BACKWARD_WEIGHTS apus_conv2d_backward_weights_reference_f32
#include "conv/conv_ref.c.inc"
