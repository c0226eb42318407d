/* Every backward pass against central differences of its forward pass, in double: the references, to which all other versions
 * are compared. The loss is the product with a random cotangent. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

typedef struct gradient_case {
  apus_conv2d conv2d;
  apus_pool2d pool2d;
  apus_gemm gemm;
  int64_t rows, channels, count; /* count: of y */
  apus_activation activation;
  double *x, *w, *bias, *residual, *gamma, *beta;
  double *y, *cotangent;
  uint8_t *mask;
  int32_t *labels;
  int frozen;
} gradient_case;

static double *random_doubles(int64_t count) {
  double *x = check_doubles(count);
  check_fill_doubles(x, count);
  return x;
}

static double loss_of(const gradient_case *g) {
  double loss = 0;
  for (int64_t i = 0; i < g->count; i++)
    loss += g->y[i] * g->cotangent[i];
  return loss;
}

/* Values that a kink or a tie could turn within h are moved apart: multiples of 0.01, shuffled by the generator, never 0. */
static void spread(double *x, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    x[i] = 0.01 * (double)(i + 1) * (i % 2 ? 1 : -1);
  for (int64_t i = count - 1; i > 0; i--) {
    int64_t j = check_random_int(0, i);
    double saved = x[i];
    x[i] = x[j];
    x[j] = saved;
  }
}

/* ---- convolution ------------------------------------------------------------------------------------------------ */

static double conv2d_loss(void *context) {
  gradient_case *g = context;
  apus_conv2d_forward_reference_f64(&g->conv2d, g->x, g->w, &(apus_conv2d_epilogue_f64){.bias = g->bias}, g->y);
  return loss_of(g);
}

static void check_conv2d(const char *name, apus_conv2d s) {
  if (!check_case(name, "conv2d"))
    return;
  int64_t out_h, out_w;
  if (apus_conv2d_output_size(&s, &out_h, &out_w, NULL) != APUS_OK)
    return;
  int64_t x_count = s.batch * s.height * s.width * s.in_channels;
  int64_t w_count = s.kernel_h * s.kernel_w * s.in_channels / s.groups * s.out_channels, rows = s.batch * out_h * out_w;
  gradient_case g = {.conv2d = s, .count = rows * s.out_channels};
  g.x = random_doubles(x_count);
  g.w = random_doubles(w_count);
  g.bias = random_doubles(s.out_channels);
  g.y = check_doubles(g.count);
  g.cotangent = random_doubles(g.count);
  for (int accumulate = 0; accumulate <= 1; accumulate++) {
    double *dx = random_doubles(x_count), *dw = random_doubles(w_count), *before_x = check_doubles(x_count),
           *before_w = check_doubles(w_count);
    memcpy(before_x, dx, (size_t)x_count * sizeof(double));
    memcpy(before_w, dw, (size_t)w_count * sizeof(double));
    apus_conv2d_backward_data_reference_f64(&s, g.cotangent, g.w, accumulate, dx);
    apus_conv2d_backward_weights_reference_f64(&s, g.x, g.cotangent, accumulate, dw);
    for (int64_t i = 0; accumulate && i < x_count; i++)
      dx[i] -= before_x[i];
    for (int64_t i = 0; accumulate && i < w_count; i++)
      dw[i] -= before_w[i];
    check_gradient(accumulate ? "dx +=" : "dx", conv2d_loss, &g, g.x, dx, x_count);
    check_gradient(accumulate ? "dw +=" : "dw", conv2d_loss, &g, g.w, dw, w_count);
  }
  double *dbias = check_doubles(s.out_channels);
  apus_bias_activation_backward_reference_f64(rows, s.out_channels, g.y, g.cotangent, APUS_ACTIVATION_NONE, NULL, dbias);
  check_gradient("dbias", conv2d_loss, &g, g.bias, dbias, s.out_channels);
}

/* ---- linear ----------------------------------------------------------------------------------------------------- */

static double linear_loss(void *context) {
  gradient_case *g = context;
  apus_gemm_reference_f64(&g->gemm, g->x, g->w, g->bias, APUS_ACTIVATION_NONE, g->y);
  return loss_of(g);
}

/* y = x·w + b, and the two products that the header names for its backward pass. */
static void check_linear(void) {
  if (!check_case("linear", "batch 4, 7 to 5"))
    return;
  const int64_t batch = 4, in = 7, out = 5;
  gradient_case g = {.gemm = {.m = batch, .n = out, .k = in, .lda = in, .ldb = out, .ldc = out}, .count = batch * out};
  g.x = random_doubles(batch * in);
  g.w = random_doubles(in * out);
  g.bias = random_doubles(out);
  g.y = check_doubles(g.count);
  g.cotangent = random_doubles(g.count);
  double *dx = check_doubles(batch * in), *dw = check_doubles(in * out), *dbias = check_doubles(out);
  const apus_gemm data = {.m = batch, .n = in, .k = out, .lda = out, .ldb = out, .ldc = in, .transpose_b = 1};
  const apus_gemm weights = {.m = in, .n = out, .k = batch, .lda = in, .ldb = out, .ldc = out, .transpose_a = 1};
  apus_gemm_reference_f64(&data, g.cotangent, g.w, NULL, APUS_ACTIVATION_NONE, dx);
  apus_gemm_reference_f64(&weights, g.x, g.cotangent, NULL, APUS_ACTIVATION_NONE, dw);
  apus_bias_activation_backward_reference_f64(batch, out, NULL, g.cotangent, APUS_ACTIVATION_NONE, NULL, dbias);
  check_gradient("dx", linear_loss, &g, g.x, dx, batch * in);
  check_gradient("dw", linear_loss, &g, g.w, dw, in * out);
  check_gradient("dbias", linear_loss, &g, g.bias, dbias, out);
}

/* ---- pooling ---------------------------------------------------------------------------------------------------- */

static double max_pool_loss(void *context) {
  gradient_case *g = context;
  apus_max_pool2d_forward_reference_f64(&g->pool2d, g->x, g->y, g->mask);
  return loss_of(g);
}

static double average_pool_loss(void *context) {
  gradient_case *g = context;
  apus_average_pool2d_forward_reference_f64(&g->pool2d, g->x, g->y);
  return loss_of(g);
}

static void check_pool2d(const char *name, apus_pool2d s) {
  apus_pool2d_plan plan;
  if (!check_case(name, "pool2d") || apus_pool2d_plan_make(&plan, &s, NULL) != APUS_OK)
    return;
  int64_t x_count = s.batch * s.height * s.width * s.channels;
  gradient_case g = {.pool2d = s, .count = s.batch * plan.out_h * plan.out_w * s.channels};
  g.x = check_doubles(x_count);
  spread(g.x, x_count);
  g.y = check_doubles(g.count);
  g.cotangent = random_doubles(g.count);
  g.mask = check_output_bytes(g.count);
  double *dx = check_doubles(x_count);
  max_pool_loss(&g);
  apus_max_pool2d_backward_reference_f64(&s, g.cotangent, g.mask, dx);
  check_gradient("max dx", max_pool_loss, &g, g.x, dx, x_count);
  for (g.pool2d.count_excludes_padding = 0; g.pool2d.count_excludes_padding <= 1; g.pool2d.count_excludes_padding++) {
    apus_average_pool2d_backward_reference_f64(&g.pool2d, g.cotangent, dx);
    check_gradient("average dx", average_pool_loss, &g, g.x, dx, x_count);
  }
}

/* ---- batch norm ------------------------------------------------------------------------------------------------- */

typedef struct statistics {
  double *mean, *rest, *variance, *scale, *shift, *inverse;
} statistics;

static statistics norm_statistics;

static double batch_norm_loss(void *context) {
  gradient_case *g = context;
  statistics *s = &norm_statistics;
  if (!g->frozen)
    apus_batch_norm_statistics_reference_f64(g->rows, g->channels, g->x, 1e-5, s->mean, s->rest, s->variance, s->inverse);
  else
    apus_batch_norm_deviation_reference_f64(g->channels, s->variance, 1e-5, s->inverse);
  apus_batch_norm_fold_reference_f64(g->channels, g->frozen ? NULL : s->rest, s->inverse, g->gamma, g->beta, s->scale, s->shift);
  const apus_batch_norm_map_f64 map = {s->mean, s->scale, s->shift, g->residual, g->activation};
  apus_batch_norm_apply_reference_f64(g->rows, g->channels, g->x, &map, g->y);
  return loss_of(g);
}

static void check_batch_norm(int frozen, int relu) {
  if (!check_case("batch norm", "9 rows of 5 channels%s%s", frozen ? ", frozen" : "", relu ? ", relu" : ""))
    return;
  const int64_t rows = 9, channels = 5, count = rows * channels;
  gradient_case g = {.rows = rows,
                     .channels = channels,
                     .count = count,
                     .frozen = frozen,
                     .activation = relu ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE};
  norm_statistics = (statistics){random_doubles(channels), check_doubles(channels), random_doubles(channels),
                                 check_doubles(channels),  check_doubles(channels), check_doubles(channels)};
  for (int64_t c = 0; c < channels; c++)
    norm_statistics.variance[c] = 0.5 + fabs(norm_statistics.variance[c]);
  g.x = random_doubles(count);
  g.residual = random_doubles(count);
  g.gamma = random_doubles(channels);
  g.beta = random_doubles(channels);
  g.y = check_doubles(count);
  g.cotangent = random_doubles(count);
  /* The residual moves every sum at least 1000·h away from ReLU's kink. */
  g.activation = APUS_ACTIVATION_NONE;
  batch_norm_loss(&g);
  for (int64_t i = 0; i < count; i++)
    if (fabs(g.y[i]) < 0.01)
      g.residual[i] += 0.1;
  g.activation = relu ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE;
  batch_norm_loss(&g);
  double *dx = check_doubles(count), *dgamma = check_doubles(channels), *dbeta = check_doubles(channels),
         *dresidual = check_doubles(count);
  const apus_batch_norm_backward_arguments_f64 arguments = {.x = g.x,
                                                            .dy = g.cotangent,
                                                            .y = g.y,
                                                            .mean = norm_statistics.mean,
                                                            .mean_rest = frozen ? NULL : norm_statistics.rest,
                                                            .inverse_deviation = norm_statistics.inverse,
                                                            .gamma = g.gamma,
                                                            .epsilon = 1e-5,
                                                            .activation = g.activation,
                                                            .dx = dx,
                                                            .dresidual = dresidual,
                                                            .dgamma = dgamma,
                                                            .dbeta = dbeta};
  apus_batch_norm_backward_reference_f64(rows, channels, &arguments);
  check_gradient("dx", batch_norm_loss, &g, g.x, dx, count);
  check_gradient("dgamma", batch_norm_loss, &g, g.gamma, dgamma, channels);
  check_gradient("dbeta", batch_norm_loss, &g, g.beta, dbeta, channels);
  check_gradient("dresidual", batch_norm_loss, &g, g.residual, dresidual, count);
}

/* ---- group norm, local response norm ----------------------------------------------------------------------------- */

static double group_norm_loss(void *context) {
  gradient_case *g = context;
  const apus_group_norm_forward_arguments_f64 arguments = {.x = g->x,
                                                           .gamma = g->gamma,
                                                           .beta = g->beta,
                                                           .epsilon = 1e-5,
                                                           .y = g->y,
                                                           .mean = norm_statistics.mean,
                                                           .mean_rest = norm_statistics.rest,
                                                           .inverse_deviation = norm_statistics.inverse};
  apus_group_norm_forward_reference_f64(3, 4, 6, g->rows, &arguments);
  return loss_of(g);
}

static void check_group_norm(int64_t groups) {
  if (!check_case("group norm", "3 samples of 4 positions, 6 channels in %lld groups", (long long)groups))
    return;
  const int64_t channels = 6, count = 3 * 4 * channels;
  gradient_case g = {.rows = groups, .count = count};
  norm_statistics =
      (statistics){.mean = check_doubles(3 * groups), .rest = check_doubles(3 * groups), .inverse = check_doubles(3 * groups)};
  g.x = random_doubles(count);
  g.gamma = random_doubles(channels);
  g.beta = random_doubles(channels);
  g.y = check_doubles(count);
  g.cotangent = random_doubles(count);
  group_norm_loss(&g);
  double *dx = check_doubles(count), *dgamma = check_doubles(channels), *dbeta = check_doubles(channels);
  const apus_group_norm_backward_arguments_f64 arguments = {.x = g.x,
                                                            .dy = g.cotangent,
                                                            .mean = norm_statistics.mean,
                                                            .mean_rest = norm_statistics.rest,
                                                            .inverse_deviation = norm_statistics.inverse,
                                                            .gamma = g.gamma,
                                                            .beta = g.beta,
                                                            .epsilon = 1e-5,
                                                            .dx = dx,
                                                            .dgamma = dgamma,
                                                            .dbeta = dbeta};
  apus_group_norm_backward_reference_f64(3, 4, channels, groups, &arguments);
  check_gradient("dx", group_norm_loss, &g, g.x, dx, count);
  check_gradient("dgamma", group_norm_loss, &g, g.gamma, dgamma, channels);
  check_gradient("dbeta", group_norm_loss, &g, g.beta, dbeta, channels);
}

static double local_response_norm_loss(void *context) {
  gradient_case *g = context;
  apus_local_response_norm_forward_reference_f64(&(apus_local_response_norm){4, 7, g->rows, 0.8, 0.75, 1.5}, g->x, g->y);
  return loss_of(g);
}

static void check_local_response_norm(int64_t size) {
  if (!check_case("local response norm", "4 rows of 7 channels, windows of %lld", (long long)size))
    return;
  gradient_case g = {.rows = size, .count = 4 * 7};
  g.x = random_doubles(g.count);
  g.y = check_doubles(g.count);
  g.cotangent = random_doubles(g.count);
  double *dx = check_doubles(g.count);
  const apus_local_response_norm norm = {4, 7, size, 0.8, 0.75, 1.5};
  apus_local_response_norm_backward_reference_f64(&norm, g.x, g.cotangent, dx);
  check_gradient("dx", local_response_norm_loss, &g, g.x, dx, g.count);
}

/* ---- activation, loss ------------------------------------------------------------------------------------------- */

static double relu_loss(void *context) {
  gradient_case *g = context;
  apus_relu_forward_reference_f64(g->count, g->x, g->y);
  return loss_of(g);
}

static double bias_relu_loss(void *context) {
  gradient_case *g = context;
  apus_bias_activation_forward_reference_f64(g->rows, g->channels, g->x, g->bias, APUS_ACTIVATION_RELU, g->y);
  return loss_of(g);
}

static void check_activations(void) {
  if (!check_case("relu and bias", "11 rows of 4 channels"))
    return;
  gradient_case g = {.rows = 11, .channels = 4, .count = 44};
  g.x = check_doubles(g.count);
  spread(g.x, g.count);
  g.bias = check_doubles(g.channels);
  for (int64_t c = 0; c < g.channels; c++)
    g.bias[c] = 0.003 + 0.01 * (double)c; /* sums stay 0.003 away from the kink */
  g.y = check_doubles(g.count);
  g.cotangent = random_doubles(g.count);
  double *dx = check_doubles(g.count), *dbias = check_doubles(g.channels);
  relu_loss(&g);
  apus_relu_backward_reference_f64(g.count, g.y, g.cotangent, dx);
  check_gradient("relu dx", relu_loss, &g, g.x, dx, g.count);
  bias_relu_loss(&g);
  apus_bias_activation_backward_reference_f64(g.rows, g.channels, g.y, g.cotangent, APUS_ACTIVATION_RELU, dx, dbias);
  check_gradient("bias and relu dz", bias_relu_loss, &g, g.x, dx, g.count);
  check_gradient("bias and relu dbias", bias_relu_loss, &g, g.bias, dbias, g.channels);
}

static double cross_entropy_loss(void *context) {
  gradient_case *g = context;
  const apus_label_rows rows = {g->rows, g->channels, g->labels, APUS_IGNORE_NONE};
  double losses[8], mean = 0;
  apus_label_cross_entropy_forward_reference_f64(&rows, NULL, 0, g->x, losses, g->y);
  for (int64_t i = 0; i < g->rows; i++)
    mean += losses[i] / (double)g->rows;
  return mean;
}

static double softmax_loss(void *context) {
  gradient_case *g = context;
  apus_softmax_forward_reference_f64(g->rows, g->channels, g->x, g->y);
  return loss_of(g);
}

static void check_losses(void) {
  if (!check_case("cross-entropy and softmax", "8 rows of 6 classes"))
    return;
  gradient_case g = {.rows = 8, .channels = 6, .count = 48};
  int32_t labels[8];
  for (int i = 0; i < 8; i++)
    labels[i] = (int32_t)check_random_int(0, 5);
  g.labels = labels;
  g.x = random_doubles(g.count);
  g.y = check_doubles(g.count);
  g.cotangent = random_doubles(g.count);
  double *dx = check_doubles(g.count);
  const apus_label_rows rows = {g.rows, g.channels, labels, APUS_IGNORE_NONE};
  double dlosses[8];
  for (int i = 0; i < 8; i++)
    dlosses[i] = 1.0 / (double)g.rows;
  cross_entropy_loss(&g);
  apus_label_cross_entropy_backward_reference_f64(&rows, NULL, 0, g.y, dlosses, dx);
  check_gradient("dlogits", cross_entropy_loss, &g, g.x, dx, g.count);
  softmax_loss(&g);
  apus_softmax_backward_reference_f64(g.rows, g.channels, g.y, g.cotangent, dx);
  check_gradient("softmax dx", softmax_loss, &g, g.x, dx, g.count);
}

void check_gradients_family(void) {
  check_conv2d("3x3 padded", (apus_conv2d){2, 5, 4, 3, 4, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1});
  check_conv2d("asymmetric, stride 2 by 3", (apus_conv2d){1, 7, 8, 2, 3, 3, 2, 2, 3, 1, 1, 0, 1, 2, 0, 1});
  check_conv2d("dilated, 2 groups", (apus_conv2d){1, 8, 7, 4, 6, 3, 3, 1, 1, 2, 2, 2, 1, 2, 3, 2});
  check_conv2d("depthwise, stride 2", (apus_conv2d){2, 6, 5, 3, 3, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1, 3});
  check_conv2d("kernel over input", (apus_conv2d){1, 2, 3, 2, 2, 5, 5, 1, 1, 1, 1, 2, 2, 2, 2, 1});
  check_linear();
  check_pool2d("2x2", (apus_pool2d){2, 6, 4, 3, 2, 2, 2, 2, 0, 0, 0, 0, 0});
  check_pool2d("3x3 overlapping, padded", (apus_pool2d){1, 7, 6, 2, 3, 3, 2, 1, 1, 2, 1, 0, 0});
  for (int i = 0; i < 4; i++)
    check_batch_norm(i & 1, i >> 1);
  for (int64_t groups = 1; groups <= 6; groups++)
    if (6 % groups == 0)
      check_group_norm(groups);
  for (int64_t size = 1; size <= 6; size++)
    check_local_response_norm(size);
  check_activations();
  check_losses();
}
