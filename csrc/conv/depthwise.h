#ifndef APUS_CONV_DEPTHWISE_H
#define APUS_CONV_DEPTHWISE_H

/* The kernels of depthwise convolution (one channel a group), vectorised over the channels. */

#include <stdint.h>

#include "apus/conv2d.h"
#include "apus/runtime.h"

/* c[i, ch] = epilogue(Σ_{th, tw} a[i·a_step + th·a_tap_h + tw·a_tap_w + ch] · w[th·w_tap_h + tw·w_tap_w + ch]) for `count`
 * outputs, c_step apart. */
typedef struct apus_depthwise_strip {
  const float *a, *w;
  float *c;
  int64_t count, channels, taps_h, taps_w;
  int64_t a_step, a_tap_h, a_tap_w, w_tap_h, w_tap_w, c_step;
  const apus_conv2d_epilogue *epilogue; /* NULL, or with residual at c */
} apus_depthwise_strip;

/* dw[tw, ch] += Σ_i x[i·x_step + tw·x_tap + ch] · dy[i·channels + ch] for `count` pixels; dw [taps, channels]. */
typedef struct apus_depthwise_weights {
  const float *x, *dy;
  float *dw;
  int64_t count, channels, taps, x_step, x_tap;
} apus_depthwise_weights;

typedef struct apus_depthwise_kernels {
  void (*strip)(const apus_depthwise_strip *strip);
  void (*weights)(const apus_depthwise_weights *weights);
} apus_depthwise_kernels;

extern const apus_depthwise_kernels apus_depthwise_generic;
#if defined(__x86_64__)
extern const apus_depthwise_kernels apus_depthwise_avx2;
extern const apus_depthwise_kernels apus_depthwise_avx512;
#elif defined(__aarch64__)
extern const apus_depthwise_kernels apus_depthwise_neon;
#endif

#endif
