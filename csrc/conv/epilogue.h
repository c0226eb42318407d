#ifndef APUS_CONV_EPILOGUE_H
#define APUS_CONV_EPILOGUE_H

/* The epilogue of a convolution on one vector of sums; after one tier's SIMD header. n lanes are of interest, those of channels
 * channel, channel + 1, …; residual is read at `place`. */

#include "apus/conv2d.h"

SIMD_INLINE vf apus_epilogue(vf v, const apus_conv2d_epilogue *e, int64_t channel, int64_t place, int n) {
  if (e->bias)
    v = vf_add(v, vf_load_partial(e->bias + channel, n));
  if (e->scale)
    v = vf_fma(v, vf_load_partial(e->scale + channel, n), vf_load_partial(e->shift + channel, n));
  if (e->residual)
    v = vf_add(v, vf_load_partial(e->residual + place, n));
  return e->activation == APUS_ACTIVATION_RELU ? vf_relu(v) : v;
}

#endif
