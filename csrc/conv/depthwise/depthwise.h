#ifndef APUS_CONV_DEPTHWISE_H
#define APUS_CONV_DEPTHWISE_H

/* The kernels of convolutions with one channel a group (depthwise) or few, vectorized over the channels. */

#include <stdint.h>

#include "apus/conv2d.h"
#include "apus/runtime.h"

/* Groups of several channels: a vector of outputs holds whole groups, and reads the vector of inputs that holds theirs. Channel k
 * of each group's inputs, repeated for all outputs of the group, is a permutation of that vector: lane[k]. */
enum { APUS_GROUP_CHANNELS = 8, APUS_GROUP_LANES = 16 };
typedef struct apus_group_vectors {
  int64_t vectors;               /* of outputs, or of inputs */
  int channels;                  /* inputs of a group, at most APUS_GROUP_CHANNELS */
  int inputs, outputs;           /* lanes in use */
  int last_inputs, last_outputs; /* of the last vector */
  _Alignas(64) int32_t lane[APUS_GROUP_CHANNELS][APUS_GROUP_LANES];
} apus_group_vectors;

/* c[i, ch] = epilogue(Σ_{th, tw} a[i·a_step + th·a_tap_h + tw·a_tap_w + ch] · w[th·w_tap_h + tw·w_tap_w + ch]) for `count`
 * outputs, c_step apart. With groups, the product is the sum over their channels k, and w holds for each vector (w_vector apart)
 * and tap the vectors of all k. */
typedef struct apus_depthwise_strip {
  const float *a, *w;
  float *c;
  int64_t count, channels, taps_h, taps_w;
  int64_t a_step, a_tap_h, a_tap_w, w_tap_h, w_tap_w, c_step;
  const apus_group_vectors *groups;
  const float *a_end; /* behind the tensor's last element */
  int64_t w_vector;
  int stream;                           /* depthwise: c is better written past the caches; channels are whole vectors, aligned */
  const apus_conv2d_epilogue *epilogue; /* NULL, or with residual at c */
  int cut_first, cut_last;              /* row3 */
  int fetch;                            /* row3: inputs come from memory, and the last row of taps is asked for ahead */
} apus_depthwise_strip;

/* dw[tw, ch] += Σ_i x[i·x_step + tw·x_tap + ch] · dy[i·channels + ch] for `count` pixels; dw [taps, channels]. With groups,
 * dw [taps, their inputs, channels]. */
typedef struct apus_depthwise_weights {
  const float *x, *dy;
  float *dw;
  int64_t count, channels, taps, x_step, x_tap;
  const apus_group_vectors *groups;
  const float *x_end, *dy_end; /* behind the tensors' last elements */
} apus_depthwise_weights;

typedef struct apus_depthwise_kernels {
  void (*strip)(const apus_depthwise_strip *strip);
  /* The same for taps_w = 3, a_step = a_tap_w or twice that and at least a vector of channels: a whole row of outputs, of which
   * the first lacks its first tap with cut_first, the last one its last tap with cut_last. residual may be c only where channels
   * are whole vectors. */
  void (*row3)(const apus_depthwise_strip *strip);
  void (*weights)(const apus_depthwise_weights *weights);
  void (*group_strip)(const apus_depthwise_strip *strip);
  void (*group_weights)(const apus_depthwise_weights *weights);
  int lanes;
} apus_depthwise_kernels;

extern const apus_depthwise_kernels apus_depthwise_generic;
#if defined(__x86_64__)
extern const apus_depthwise_kernels apus_depthwise_avx2;
extern const apus_depthwise_kernels apus_depthwise_avx512;
#elif defined(__aarch64__)
extern const apus_depthwise_kernels apus_depthwise_neon;
#endif

#endif
