/* A plan as products of planes, and where planes lie: what winograd.c asks when it plans and every schedule when it runs. */

#include "conv/winograd/winograd.h"

#include "apus/runtime.h"
#include "runtime/integers.h"

static const apus_winograd_kernels *kernels_for(int isa, int64_t taps, int64_t outputs) {
  const int index = taps == 5 ? APUS_WINOGRAD_TILES_2_5 : outputs == 4 ? APUS_WINOGRAD_TILES_4_3 : APUS_WINOGRAD_TILES_2_3;
  switch (isa) {
#if defined(__x86_64__)
  case APUS_ISA_AVX512:
    return &apus_winograd_avx512[index];
  case APUS_ISA_AVX2:
    return &apus_winograd_avx2[index];
#elif defined(__aarch64__)
  case APUS_ISA_NEON:
    return &apus_winograd_neon[index];
#endif
  default:
    return &apus_winograd_generic[index];
  }
}

apus_winograd_view apus_winograd_view_of(const apus_conv2d_plan *plan) {
  const apus_conv2d *s = &plan->shape;
  const int64_t outputs = plan->detail[APUS_WINOGRAD_OUTPUTS];
  const apus_isa isa = (apus_isa)plan->isa;
  apus_winograd_view v = {.kernels = kernels_for(plan->isa, s->kernel_h, outputs), .tile = apus_tile_for(isa), .isa = isa};
  const apus_winograd_image x = {.height = s->height, .width = s->width, .channels = s->in_channels, .taken = s->in_channels};
  const apus_winograd_image y = {
      .height = plan->out_h, .width = plan->out_w, .channels = s->out_channels, .taken = s->out_channels};
  if (plan->pass == APUS_CONV2D_BACKWARD_DATA) {
    v.input = y, v.output = x;
    v.input.pad_top = s->kernel_h - 1 - s->pad_top, v.input.pad_left = s->kernel_w - 1 - s->pad_left;
  } else {
    v.input = x, v.output = y;
    v.input.pad_top = s->pad_top, v.input.pad_left = s->pad_left;
  }
  v.output.tiles_h = v.input.tiles_h = apus_ceil_div(v.output.height, outputs);
  v.output.tiles_w = v.input.tiles_w = apus_ceil_div(v.output.width, outputs);
  v.planes = v.kernels->size * v.kernels->size;
  v.tiles = s->batch * v.output.tiles_h * v.output.tiles_w;
  v.width = v.tile->columns;
  v.panels = apus_ceil_div(v.output.channels, v.width);
  return v;
}

apus_winograd_planes apus_winograd_layout(int64_t rows, int64_t channels) {
  const int64_t line = 64 / sizeof(float), row = apus_ceil_div(channels, line) * line;
  return (apus_winograd_planes){.row = row, .plane = (rows * row / line | 1) * line};
}
