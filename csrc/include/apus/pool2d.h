#ifndef APUS_POOL2D_H
#define APUS_POOL2D_H

#include <stddef.h>
#include <stdint.h>

#include "apus/status.h"

/* 2-D pooling, NHWC: x [batch, height, width, channels], y [batch, out_h, out_w, channels]; windows as in convolution
 * (no dilation): out_h = (height + pad_top + pad_bottom − kernel_h) / stride_h + 1. batch may be 0, the other sizes are at
 * least 1. Planning refuses a window without any pixel (pad < kernel) and a kernel larger than the padded image, which would have
 * no output. Sizes, kernel, stride and padding are at most APUS_MAX_SIZE (2^31 − 1), and so are the positions of a window,
 * kernel_h·kernel_w; x with its padding has at most APUS_MAX_ELEMENTS (2^40) elements. Max: padding never wins. The first maximum
 * in row-major window order wins ties; a NaN in the window gives NaN (the first one). The mask is the position kh·kernel_w + kw
 * of the winner inside its window: plan.mask_bytes bytes an output, one (uint8_t) for windows of up to 256 positions, four
 * (int32_t) for larger ones. Average: the divisor is kernel_h·kernel_w, or with count_excludes_padding the number of pixels
 * inside the image. */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct apus_pool2d {
  int64_t batch, height, width, channels;
  int64_t kernel_h, kernel_w, stride_h, stride_w;
  int64_t pad_top, pad_left, pad_bottom, pad_right;
  int count_excludes_padding; /* average only */
} apus_pool2d;

typedef struct apus_pool2d_plan {
  apus_pool2d shape; /* as given, but strides beyond the padded image are cut to where they mean the same */
  int64_t out_h, out_w;
  int isa;
  int mask_bytes; /* an output's in max pooling's mask: 1 or 4 */
} apus_pool2d_plan;

/* mask_bytes of a shape, for who calls the references. */
int apus_pool2d_mask_bytes(const apus_pool2d *shape);

/* Validates for max and average alike. Pooling needs no scratch. */
apus_status apus_pool2d_plan_make(apus_pool2d_plan *plan, const apus_pool2d *shape, apus_error *error);

/* mask [batch, out_h, out_w, channels] of plan.mask_bytes each, or NULL (inference). */
void apus_max_pool2d_forward(const apus_pool2d_plan *plan, const float *x, float *y, void *mask);
/* dx is written whole: sums of the dy whose mask points at the pixel, in the order of the windows; 0 elsewhere. */
void apus_max_pool2d_backward(const apus_pool2d_plan *plan, const float *dy, const void *mask, float *dx);
void apus_average_pool2d_forward(const apus_pool2d_plan *plan, const float *x, float *y);
void apus_average_pool2d_backward(const apus_pool2d_plan *plan, const float *dy, float *dx);

#ifdef __cplusplus
}
#endif
#endif
