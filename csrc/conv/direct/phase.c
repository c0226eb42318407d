#include "conv/direct/direct.h"

static int64_t gcd(int64_t a, int64_t b) {
  while (b) {
    int64_t r = a % b;
    a = b;
    b = r;
  }
  return a;
}

apus_conv_phase apus_conv_phase_of(int64_t first, int64_t size, int64_t out_size, int64_t kernel, int64_t stride,
                                   int64_t dilation, int64_t pad) {
  /* Position h is seen through tap t by output (h + pad - t·dilation) / stride, where that divides. */
  apus_conv_phase p = {.first = first};
  const int64_t common = gcd(stride, dilation);
  p.tap_step = stride / common;
  const int64_t end = kernel < p.tap_step ? kernel : p.tap_step;
  while (p.tap_first < end && (first + pad - p.tap_first * dilation) % stride != 0)
    p.tap_first++;
  const int has_taps = p.tap_first < end;
  p.axis.outputs = (size - 1 - first) / stride + 1;
  p.axis.taps = has_taps ? (kernel - 1 - p.tap_first) / p.tap_step + 1 : 0;
  p.axis.extent = out_size;
  p.axis.step = 1;
  p.axis.dilation = dilation / common; /* tap_step·dilation / stride */
  if (has_taps)
    p.axis.origin = (first + pad - p.tap_first * dilation) / stride - (p.axis.taps - 1) * p.axis.dilation;
  return p;
}
