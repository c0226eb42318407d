#ifndef APUS_CALLS_H
#define APUS_CALLS_H

#include "apus/apus.h"
#include "shapes.h"

/* Calls of the operations: what a shape's line means, the operands, and functions of one context that make the call. The check
 * harness holds their results against the references, the benchmark times them, bench/compare-pytorch has them called beside
 * PyTorch's. Whoever fills a call in owns its memory; what a function does not need may be NULL. */

/* ---- convolution: y, dx or dw, as the plan's pass says ----------------------------------------------------------- */

typedef struct conv2d_call {
  apus_conv2d_plan plan;
  const float *x, *w, *dy;
  const apus_conv2d_epilogue *epilogue; /* of the forward pass */
  float *out;
  void *scratch;
} conv2d_call;

/* batch, in channels, height x width, out channels, kernel, stride, padding, dilation, groups */
apus_conv2d call_conv2d_shape(const bench_shape *line);
void call_conv2d(void *call);

/* ---- matrix product ---------------------------------------------------------------------------------------------- */

typedef struct gemm_call {
  apus_gemm_plan plan;
  const float *a, *b, *bias;
  apus_activation activation;
  float *c;
  void *scratch;
} gemm_call;

/* m, n, k, whether A and B are transposed; rows side by side */
apus_gemm call_gemm_shape(const bench_shape *line);
void call_gemm(void *call);

/* ---- pooling ----------------------------------------------------------------------------------------------------- */

typedef struct pool2d_call {
  apus_pool2d_plan plan;
  const float *x, *dy;
  const void *mask; /* of the backward pass */
  float *out;       /* y or dx */
  void *out_mask;
} pool2d_call;

/* batch, height x width, channels, kernel, stride, padding */
apus_pool2d call_pool2d_shape(const bench_shape *line);
void call_max_pool2d_forward(void *call);
void call_max_pool2d_backward(void *call);
void call_average_pool2d_forward(void *call);
void call_average_pool2d_backward(void *call);

/* ---- batch norm -------------------------------------------------------------------------------------------------- */

typedef struct batch_norm_call {
  apus_batch_norm_plan plan; /* of the line's rows and channels */
  const float *x, *y, *dy, *mean, *rest, *inverse, *gamma, *beta, *scale, *shift, *residual;
  double epsilon;
  apus_activation activation;
  int frozen;                                                /* backward: of fixed statistics */
  float *out;                                                /* y or dx */
  float *out_mean, *out_rest, *out_variance, *out_inverse;   /* of the statistics */
  float *out_scale, *out_shift, *dgamma, *dbeta, *dresidual; /* of folding and of the backward pass */
  void *scratch;
} batch_norm_call;

void call_batch_norm_statistics(void *call);
void call_batch_norm_fold(void *call);
void call_batch_norm_apply(void *call);
void call_batch_norm_backward(void *call);
/* Statistics, fold and apply, as a layer does it: from x to `out`. The numbers between them must be the same memory as input and
 * output (mean and out_mean and so on). */
void call_batch_norm_forward(void *call);

/* ---- group norm -------------------------------------------------------------------------------------------------- */

typedef struct group_norm_call {
  apus_group_norm_plan plan; /* of the line's batch, positions, channels and groups */
  const float *x, *y, *dy, *residual, *gamma, *beta, *mean, *rest, *inverse;
  double epsilon;
  apus_activation activation;
  float *out, *out_mean, *out_rest, *out_inverse, *dgamma, *dbeta, *dresidual;
  void *scratch;
} group_norm_call;

void call_group_norm_forward(void *call);
void call_group_norm_backward(void *call);

/* ---- local response norm ----------------------------------------------------------------------------------------- */

typedef struct local_response_norm_call {
  apus_local_response_norm_plan plan;
  const float *x, *dy;
  float *out;
  void *scratch;
} local_response_norm_call;

/* rows, channels, window; alpha, beta, k */
apus_status call_local_response_norm_plan(local_response_norm_call *call, const bench_shape *line, apus_error *error);
void call_local_response_norm_forward(void *call);
void call_local_response_norm_backward(void *call);

/* ---- bias and ReLU ------------------------------------------------------------------------------------------------- */

typedef struct bias_activation_call {
  int64_t rows, channels, count;
  const float *x, *y, *dy, *bias;
  apus_activation activation;
  float *out, *dbias; /* out: y or dx */
  void *scratch;
} bias_activation_call;

void call_relu_forward(void *call); /* of count elements */
void call_relu_backward(void *call);
void call_bias_activation_forward(void *call);
void call_bias_activation_backward(void *call);

/* ---- losses ------------------------------------------------------------------------------------------------------ */

typedef enum class_loss { LOSS_LABELS, LOSS_TARGETS, LOSS_FOCAL, LOSS_HINGE } class_loss;

typedef struct class_loss_call {
  class_loss kind;
  apus_label_rows rows;
  const float *scores, *targets, *weights, *probabilities, *given_slopes, *dlosses;
  float option; /* smoothing, exponent or power */
  float *losses, *slopes, *out;
} class_loss_call;

void call_class_loss_forward(void *call);
void call_class_loss_backward(void *call);

typedef struct pointwise_loss_call {
  apus_pointwise_loss loss;
  int64_t rows, columns;
  const float *weights, *x, *targets, *dlosses;
  float *out;
} pointwise_loss_call;

void call_pointwise_loss_forward(void *call);
void call_pointwise_loss_backward(void *call);

/* ---- optimizers and gradients ------------------------------------------------------------------------------------ */

enum { CALL_MOST_ITEMS = 8 };

typedef struct optimizer_call {
  apus_optimizer rule;
  int64_t items;
  apus_optimizer_item item[CALL_MOST_ITEMS];
  apus_optimizer_options options;
} optimizer_call;

void call_optimizer(void *call);

/* A rule with its switches. Of the states `states` tells by bits which are there, `squares` which hold means of squares. */
typedef struct optimizer_variant {
  const char *name;
  apus_optimizer rule;
  int states, squares;
  int floats; /* that are read or written for each element: value, gradient and states; 0 where another is timed for this one */
  apus_optimizer_options options;
} optimizer_variant;

extern const optimizer_variant call_optimizer_variants[]; /* to one without a name */

typedef struct gradient_call {
  int64_t items, rows, columns; /* rows and columns of the first item, whose units are clipped */
  apus_gradient_item item[CALL_MOST_ITEMS];
  const float *value;
  float number; /* to scale by, or to clip to */
  void *scratch;
  double *sums;
} gradient_call;

void call_gradient_squares(void *call);
void call_gradient_scale(void *call);
void call_gradient_clip(void *call);
void call_gradient_clip_units(void *call);

/* ---- resampling -------------------------------------------------------------------------------------------------- */

typedef struct resample_call {
  apus_resample shape;
  const int64_t *first;
  const float *weights, *x;
  float *y;
} resample_call;

/* outer, size in, size out, inner, taps */
apus_resample call_resample_shape(const bench_shape *line);
void call_resample(void *call);

typedef struct image_resize_call {
  apus_image_resize shape;
  const uint8_t *x;
  uint8_t *y;
  void *scratch;
} image_resize_call;

/* height, width, channels, height out, width out, taps down, taps across; no tables */
apus_image_resize call_image_resize_shape(const bench_shape *line);
void call_image_resize(void *call);

#endif
