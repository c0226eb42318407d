/* The ordered list of implementations. */

#include "conv/conv_list.h"

const apus_conv2d_entry *const apus_conv2d_list[APUS_CONV2D_IMPLEMENTATIONS] = {
    [APUS_CONV2D_DEPTHWISE] = &apus_conv2d_depthwise, [APUS_CONV2D_WINOGRAD] = &apus_conv2d_winograd,
    [APUS_CONV2D_BF16] = &apus_conv2d_bf16,           [APUS_CONV2D_DIRECT] = &apus_conv2d_direct,
    [APUS_CONV2D_IM2COL] = &apus_conv2d_im2col,       [APUS_CONV2D_REFERENCE] = &apus_conv2d_reference,
};

const char *apus_conv2d_implementation_name(apus_conv2d_implementation implementation) {
  return (unsigned)implementation < APUS_CONV2D_IMPLEMENTATIONS ? apus_conv2d_list[implementation]->name : "unknown";
}
