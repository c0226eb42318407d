#ifndef APUS_CONV_EPILOGUE_H
#define APUS_CONV_EPILOGUE_H

/* The epilogue of a convolution on vectors of sums; after one tier's SIMD header. */

#include "apus/conv2d.h"

/* An epilogue's vectors for n neighboring channels, read once for many pixels. */
typedef struct apus_epilogue_lanes {
  vf bias, mean, scale, shift;
  const float *residual;
  int has_bias, has_norm, has_relu, n;
} apus_epilogue_lanes;

SIMD_INLINE apus_epilogue_lanes apus_epilogue_at(const apus_conv2d_epilogue *e, int64_t channel, int n) {
  apus_epilogue_lanes l = {.bias = vf_zero(), .mean = vf_zero(), .scale = vf_zero(), .shift = vf_zero(), .residual = e->residual};
  l.n = n;
  l.has_bias = e->bias != 0;
  l.has_norm = e->mean != 0;
  l.has_relu = e->activation == APUS_ACTIVATION_RELU;
  if (l.has_bias)
    l.bias = vf_load_partial(e->bias + channel, n);
  if (l.has_norm) {
    l.mean = vf_load_partial(e->mean + channel, n);
    l.scale = vf_load_partial(e->scale + channel, n);
    l.shift = vf_load_partial(e->shift + channel, n);
  }
  return l;
}

/* residual is read at `place`. */
SIMD_INLINE vf apus_epilogue_apply(const apus_epilogue_lanes *l, vf v, int64_t place) {
  if (l->has_bias)
    v = vf_add(v, l->bias);
  if (l->has_norm)
    v = vf_fma(vf_sub(v, l->mean), l->scale, l->shift);
  if (l->residual)
    v = vf_add(v, vf_load_partial(l->residual + place, l->n));
  return l->has_relu ? vf_relu(v) : v;
}

#endif
