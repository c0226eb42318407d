#include "calls.h"

/* ---- convolution ------------------------------------------------------------------------------------------------- */

apus_conv2d call_conv2d_shape(const bench_shape *line) {
  const int64_t *n = line->size, *image = line->part[2], *kernel = line->part[4], *stride = line->part[5], *pad = line->part[6],
                *dilation = line->part[7];
  return (apus_conv2d){.batch = n[0],
                       .height = image[0],
                       .width = image[1],
                       .in_channels = n[1],
                       .out_channels = n[3],
                       .kernel_h = kernel[0],
                       .kernel_w = kernel[1],
                       .stride_h = stride[0],
                       .stride_w = stride[1],
                       .dilation_h = dilation[0],
                       .dilation_w = dilation[1],
                       .pad_top = pad[0],
                       .pad_left = pad[1],
                       .pad_bottom = pad[2],
                       .pad_right = pad[3],
                       .groups = n[8]};
}

void call_conv2d(void *call) {
  const conv2d_call *c = call;
  if (c->plan.pass == APUS_CONV2D_FORWARD)
    apus_conv2d_forward(&c->plan, c->x, c->w, c->epilogue, c->out, c->scratch);
  else if (c->plan.pass == APUS_CONV2D_BACKWARD_DATA)
    apus_conv2d_backward_data(&c->plan, c->dy, c->w, c->out, c->scratch);
  else
    apus_conv2d_backward_weights(&c->plan, c->x, c->dy, c->out, c->scratch);
}

/* ---- matrix product ---------------------------------------------------------------------------------------------- */

static int64_t at_least_1(int64_t n) { return n < 1 ? 1 : n; }

apus_gemm call_gemm_shape(const bench_shape *line) {
  const int64_t *n = line->size;
  const int ta = n[3] != 0, tb = n[4] != 0;
  return (apus_gemm){.m = n[0],
                     .n = n[1],
                     .k = n[2],
                     .lda = at_least_1(ta ? n[0] : n[2]),
                     .ldb = at_least_1(tb ? n[2] : n[1]),
                     .ldc = at_least_1(n[1]),
                     .transpose_a = ta,
                     .transpose_b = tb};
}

void call_gemm(void *call) {
  const gemm_call *c = call;
  apus_gemm_run(&c->plan, c->a, c->b, c->bias, c->activation, c->c, c->scratch);
}

/* ---- pooling ----------------------------------------------------------------------------------------------------- */

apus_pool2d call_pool2d_shape(const bench_shape *line) {
  const int64_t *image = line->part[1], *kernel = line->part[3], *stride = line->part[4], *pad = line->part[5];
  return (apus_pool2d){.batch = line->size[0],
                       .height = image[0],
                       .width = image[1],
                       .channels = line->size[2],
                       .kernel_h = kernel[0],
                       .kernel_w = kernel[1],
                       .stride_h = stride[0],
                       .stride_w = stride[1],
                       .pad_top = pad[0],
                       .pad_left = pad[1],
                       .pad_bottom = pad[2],
                       .pad_right = pad[3]};
}

void call_max_pool2d_forward(void *call) {
  const pool2d_call *c = call;
  apus_max_pool2d_forward(&c->plan, c->x, c->out, c->out_mask);
}

void call_max_pool2d_backward(void *call) {
  const pool2d_call *c = call;
  apus_max_pool2d_backward(&c->plan, c->dy, c->mask, c->out);
}

void call_average_pool2d_forward(void *call) {
  const pool2d_call *c = call;
  apus_average_pool2d_forward(&c->plan, c->x, c->out);
}

void call_average_pool2d_backward(void *call) {
  const pool2d_call *c = call;
  apus_average_pool2d_backward(&c->plan, c->dy, c->out);
}

/* ---- resampling -------------------------------------------------------------------------------------------------- */

apus_resample call_resample_shape(const bench_shape *line) {
  const int64_t *n = line->size;
  return (apus_resample){.outer = n[0], .in_size = n[1], .out_size = n[2], .inner = n[3], .taps = n[4]};
}

void call_resample(void *call) {
  const resample_call *c = call;
  apus_resample_run(&c->shape, c->first, c->weights, c->x, c->y);
}

apus_image_resize call_image_resize_shape(const bench_shape *line) {
  const int64_t *n = line->size;
  return (apus_image_resize){.height = n[0],
                             .width = n[1],
                             .stride = n[1] * n[2],
                             .channels = (int)n[2],
                             .down = {.size = n[3], .taps = n[5]},
                             .across = {.size = n[4], .taps = n[6]}};
}

void call_image_resize(void *call) {
  const image_resize_call *c = call;
  apus_image_resize_run(&c->shape, c->x, c->y, c->scratch);
}
