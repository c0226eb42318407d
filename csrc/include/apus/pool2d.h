#ifndef APUS_POOL2D_H
#define APUS_POOL2D_H

#include <stddef.h>
#include <stdint.h>

#include "apus/status.h"

/* 2-D pooling, NHWC: x [batch, height, width, channels], y [batch, out_h, out_w, channels]; windows as in convolution
 * (no dilation): out_h = (height + pad_top + pad_bottom − kernel_h) / stride_h + 1, and 0 where the kernel does not fit;
 * batch may be 0, the other sizes are at least 1.
 * Max: padding never wins; a window without any pixel is refused at planning (pad < kernel). The first maximum in row-major
 * window order wins ties; a NaN in the window gives NaN (the first one). The mask is one byte an output: the position
 * kh·kernel_w + kw of the winner inside its window, so kernel_h·kernel_w <= 256.
 * Average: the divisor is kernel_h·kernel_w, or with count_excludes_padding the number of pixels inside the image. */

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
  apus_pool2d shape;
  int64_t out_h, out_w;
  int isa;
} apus_pool2d_plan;

/* Validates for max and average alike. Pooling needs no scratch. */
apus_status apus_pool2d_plan_make(apus_pool2d_plan *plan, const apus_pool2d *shape, apus_error *error);

/* mask [batch, out_h, out_w, channels] or NULL (inference). */
void apus_max_pool2d_forward(const apus_pool2d_plan *plan, const float *x, float *y, uint8_t *mask);
/* dx is written whole: sums of the dy whose mask points at the pixel, in the order of the windows; 0 elsewhere. */
void apus_max_pool2d_backward(const apus_pool2d_plan *plan, const float *dy, const uint8_t *mask, float *dx);
void apus_average_pool2d_forward(const apus_pool2d_plan *plan, const float *x, float *y);
void apus_average_pool2d_backward(const apus_pool2d_plan *plan, const float *dy, float *dx);

void apus_max_pool2d_forward_reference_f32(const apus_pool2d *shape, const float *x, float *y, uint8_t *mask);
void apus_max_pool2d_forward_reference_f64(const apus_pool2d *shape, const double *x, double *y, uint8_t *mask);
void apus_max_pool2d_backward_reference_f32(const apus_pool2d *shape, const float *dy, const uint8_t *mask, float *dx);
void apus_max_pool2d_backward_reference_f64(const apus_pool2d *shape, const double *dy, const uint8_t *mask, double *dx);
void apus_average_pool2d_forward_reference_f32(const apus_pool2d *shape, const float *x, float *y);
void apus_average_pool2d_forward_reference_f64(const apus_pool2d *shape, const double *x, double *y);
void apus_average_pool2d_backward_reference_f32(const apus_pool2d *shape, const float *dy, float *dx);
void apus_average_pool2d_backward_reference_f64(const apus_pool2d *shape, const double *dy, double *dx);

#ifdef __cplusplus
}
#endif
#endif
