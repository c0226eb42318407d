#ifndef APUS_CONV2D_H
#define APUS_CONV2D_H

#include <stddef.h>
#include <stdint.h>

#include "apus/activation.h"
#include "apus/limits.h"
#include "apus/status.h"
#include "apus/types.h"

/* 2-D convolution (cross-correlation, as in every ConvNet course), NHWC.
 *
 *   x  [batch, height, width, in_channels]
 *   w  [kernel_h, kernel_w, in_channels / groups, out_channels]      (out_channels contiguous; group g owns
 *                                                                     out channels [g·Co/G, (g+1)·Co/G))
 *   y  [batch, out_h, out_w, out_channels]
 *   y[n,oh,ow,co] = Σ_{kh,kw,ci} x[n, oh·stride_h + kh·dilation_h − pad_top, ow·stride_w + kw·dilation_w − pad_left,
 *                                  g·Ci/G + ci] · w[kh,kw,ci,co]
 *   out_h = (height + pad_top + pad_bottom − dilation_h·(kernel_h − 1) − 1) / stride_h + 1
 *
 * Planning takes every size, kernel, stride, dilation and padding up to APUS_MAX_SIZE (2^31 − 1), as long as w, and x with its
 * padding and the larger number of channels, have at most APUS_MAX_ELEMENTS (2^40) elements (apus/limits.h). Beyond:
 * APUS_OVERFLOW. A kernel, with its dilation, larger than the padded input is APUS_INVALID_ARGUMENT: y would be empty. The batch
 * may be 0.
 *
 * Ask, plan, run: make a plan (validates, allocates nothing), give it `scratch_bytes` of 64-byte aligned memory, run it.
 * Pointers of tensors need float alignment only. x, w, y, scratch must not overlap; `residual` may be y itself.
 * Padding is skipped, never multiplied: 0·Inf does not occur. Sums run in one chain in (kh, kw, ci) order, or in two, of the even
 * and odd steps, where few channels leave half a vector free. Winograd is different: it adds and subtracts neighboring pixels
 * before it multiplies, so an Inf or NaN makes all outputs of the tiles that see it NaN, and a sum of zeros may be 1e-8.
 * Bits depend on shape, tier and implementation, never on the number of threads. */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct apus_conv2d {
  int64_t batch, height, width, in_channels;
  int64_t out_channels, kernel_h, kernel_w;
  int64_t stride_h, stride_w, dilation_h, dilation_w;
  int64_t pad_top, pad_left, pad_bottom, pad_right;
  int64_t groups;
} apus_conv2d;

/* What forward does to a sum before it is stored, in this order; each step is one rounding of its own (scale and shift: one
 * fused multiply-add where the tier has it), so that the fused result has the bits of the separate operations.
 *   v = v + bias[co];  v = (v − mean[co]) · scale[co] + shift[co];  v = v + residual[n,oh,ow,co];  v = activation(v);
 *   v = function(v) */
typedef struct apus_conv2d_epilogue {
  const float *bias;     /* [out_channels] or NULL */
  const float *mean;     /* [out_channels] or NULL: batch norm at inference; scale and shift must be given with it */
  const float *scale;    /* [out_channels] or NULL */
  const float *shift;    /* [out_channels] or NULL */
  const float *residual; /* shape of y or NULL */
  apus_activation activation;
  const apus_activation_function *function; /* or NULL: over each block of outputs while it is in the caches */
} apus_conv2d_epilogue;

typedef enum apus_conv2d_pass {
  APUS_CONV2D_FORWARD = 0,
  APUS_CONV2D_BACKWARD_DATA = 1,
  APUS_CONV2D_BACKWARD_WEIGHTS = 2
} apus_conv2d_pass;

/* In the order in which the plan asks them. */
typedef enum apus_conv2d_implementation {
  APUS_CONV2D_DEPTHWISE = 0, /* one or few channels a group, vectorized over channels */
  APUS_CONV2D_WINOGRAD = 1,  /* 3×3 and 5×5, stride 1: products of transformed tiles of 6×6 or 4×4 */
  APUS_CONV2D_BF16 = 2,      /* direct, over operands rounded to bfloat16; where the precision allows it */
  APUS_CONV2D_DIRECT = 3,    /* matrix product with overlapping rows over packed weights */
  APUS_CONV2D_IM2COL = 4,    /* blocks of rows gathered, then OpenBLAS on one thread a block; behind direct, which takes the same
                              * shapes and is faster but for rare ones: only where forced (measured in csrc/README.md) */
  APUS_CONV2D_REFERENCE = 5  /* takes everything */
} apus_conv2d_implementation;
#define APUS_CONV2D_IMPLEMENTATIONS 6

typedef struct apus_conv2d_options {
  int accumulate; /* backward passes: add to what dx or dw holds */
  apus_precision precision;
  int packed_weights; /* forward and backward data: w was packed before (apus_conv2d_pack_weights), for inference */
} apus_conv2d_options;

typedef struct apus_conv2d_plan {
  /* As given, but strides beyond the padded image, and the dilation of one tap, are cut to where they mean the same. */
  apus_conv2d shape;
  apus_conv2d_pass pass;
  apus_conv2d_options options;
  apus_conv2d_implementation implementation;
  const char *reason[APUS_CONV2D_IMPLEMENTATIONS]; /* constant texts: why chosen, why declined, NULL where not asked */
  int forced;                                      /* one was asked for: it does not decline for being slow */
  int isa;                                         /* apus_isa that was in use when planned */
  int64_t out_h, out_w;
  int threads;          /* scratch is sized for so many */
  size_t scratch_bytes; /* temporary; at most 64 MB a thread */
  size_t packed_bytes;  /* of weights packed for this plan; 0 where the implementation takes them as they are */
  int64_t detail[8];    /* the implementation's own (block sizes) */
} apus_conv2d_plan;

/* Sizes of the output; the same errors as planning. */
apus_status apus_conv2d_output_size(const apus_conv2d *shape, int64_t *out_h, int64_t *out_w, apus_error *error);

/* options may be NULL (all zero). The environment's APUS_FORCE=conv2d:direct, or conv:direct (depthwise, winograd, bf16, im2col,
 * reference) forces one;
 * APUS_TUNE=file gives choices that were measured, and fails the plan with file and line where it is wrong. */
apus_status apus_conv2d_plan_make(apus_conv2d_plan *plan, apus_conv2d_pass pass, const apus_conv2d *shape,
                                  const apus_conv2d_options *options, apus_error *error);
/* The same with one implementation; APUS_UNSUPPORTED and its reason where that one declines. */
apus_status apus_conv2d_plan_force(apus_conv2d_plan *plan, apus_conv2d_pass pass, const apus_conv2d *shape,
                                   const apus_conv2d_options *options, apus_conv2d_implementation implementation,
                                   apus_error *error);
const char *apus_conv2d_implementation_name(apus_conv2d_implementation implementation);
/* What each implementation that was asked answered, in that order; returns how many they are. */
int apus_conv2d_plan_reasons(const apus_conv2d_plan *plan, apus_plan_reason reasons[APUS_CONV2D_IMPLEMENTATIONS]);
/* The same in one line, "direct: …; depthwise declined: …", into buffer, always terminated. */
void apus_conv2d_plan_describe(const apus_conv2d_plan *plan, char *buffer, size_t size);

/* Each runs a plan of its own pass. */

/* epilogue may be NULL. */
void apus_conv2d_forward(const apus_conv2d_plan *plan, const float *x, const float *w, const apus_conv2d_epilogue *epilogue,
                         float *y, void *scratch);
/* dx[n,h,w,ci] = Σ dy[n,oh,ow,co] · w[kh,kw,ci,co]; also the transposed convolution. Pixels that no window covers get 0. */
void apus_conv2d_backward_data(const apus_conv2d_plan *plan, const float *dy, const float *w, float *dx, void *scratch);
/* dw[kh,kw,ci,co] = Σ_{n,oh,ow} x[…] · dy[n,oh,ow,co] */
void apus_conv2d_backward_weights(const apus_conv2d_plan *plan, const float *x, const float *dy, float *dw, void *scratch);

/* Weights that do not change can be packed once. Make a plan with `packed_weights`; where its packed_bytes is not 0, give
 * that much 64-byte aligned memory, pack, and pass `packed` for w wherever the plan runs (0: pass w itself). Plans that differ
 * in nothing but `threads` share packed weights. The bits are those of plain weights. */
void apus_conv2d_pack_weights(const apus_conv2d_plan *plan, const float *w, void *packed);

#ifdef __cplusplus
}
#endif
#endif
