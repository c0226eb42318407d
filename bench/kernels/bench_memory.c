/* What memory's bandwidth limits: everything but convolution and matrix products. Bytes are those that must be read and written
 * at least once; operations are not counted. */
#include "bench_peer.h"

#include <stdio.h>
#include <string.h>

/* Of channels; activation uses the first two. */
enum { MEAN, MEAN_REST, VARIANCE, SCALE, SHIFT, INVERSE_DEVIATION, DGAMMA, DBETA, VECTORS };
#define EPSILON 1e-5

typedef struct memory_call {
  apus_pool2d_plan pool2d;
  apus_batch_norm_plan norm;
  int64_t rows, channels, count;
  float *x, *y, *dy, *dx, *vectors[VECTORS];
  uint8_t *mask;
  apus_optimizer rule;
  apus_optimizer_item item;
  apus_optimizer_options options;
  double *sums;
  void *scratch;
} memory_call;

static bench_work moved(double bytes) { return (bench_work){.bytes = bytes}; }

/* The functions outside convolution and products have one version a tier. */
static void time_call(const bench_shape *shape, const char *pass, double bytes, bench_body body, memory_call *call) {
  bench_time(shape, pass, "", moved(bytes), body, call);
}

static void time_call_against(const bench_shape *shape, const char *pass, double bytes, bench_body body, memory_call *call,
                              const float *result, int64_t count, const bench_peer *peers, int peer_count) {
  bench_time_against(shape, pass, "", moved(bytes), body, call, result, count, 1e-4, peers, peer_count);
  bench_peer_free_all();
}

/* ---- pooling ---------------------------------------------------------------------------------------------------- */

static void max_forward(void *context) {
  memory_call *call = context;
  apus_max_pool2d_forward(&call->pool2d, call->x, call->y, call->mask);
}

static void max_backward(void *context) {
  memory_call *call = context;
  apus_max_pool2d_backward(&call->pool2d, call->dy, call->mask, call->dx);
}

static void average_forward(void *context) {
  memory_call *call = context;
  apus_average_pool2d_forward(&call->pool2d, call->x, call->y);
}

static void average_backward(void *context) {
  memory_call *call = context;
  apus_average_pool2d_backward(&call->pool2d, call->dy, call->dx);
}

/* batch, height = width, channels, kernel, stride, padding */
void bench_pool2d(const bench_shape *shape) {
  const int64_t *n = shape->size;
  const apus_pool2d s = {.batch = n[0],
                         .height = n[1],
                         .width = n[1],
                         .channels = n[2],
                         .kernel_h = n[3],
                         .kernel_w = n[3],
                         .stride_h = n[4],
                         .stride_w = n[4],
                         .pad_top = n[5],
                         .pad_left = n[5],
                         .pad_bottom = n[5],
                         .pad_right = n[5]};
  memory_call call;
  apus_error error;
  if (apus_pool2d_plan_make(&call.pool2d, &s, &error) != APUS_OK) {
    fprintf(stderr, "%s: %s\n", shape->name, error.text);
    return;
  }
  int64_t x_count = s.batch * s.height * s.width * s.channels,
          y_count = s.batch * call.pool2d.out_h * call.pool2d.out_w * s.channels;
  call.x = bench_floats(x_count);
  call.dx = bench_floats(x_count);
  call.y = bench_floats(y_count);
  call.dy = bench_floats(y_count);
  call.mask = bench_bytes((size_t)y_count);
  const int is_max = strcmp(shape->operation, "max_pool2d") == 0;
  const double bytes = 4.0 * (double)(x_count + y_count) + (is_max ? (double)y_count : 0);
  bench_peer peers[BENCH_MOST_PEERS];
  int peer_count = bench_chosen.peer ? bench_peer_pool2d(&call.pool2d, is_max, 0, call.x, call.dy, peers) : 0;
  time_call_against(shape, "forward", bytes, is_max ? max_forward : average_forward, &call, call.y, y_count, peers, peer_count);
  peer_count = bench_chosen.peer ? bench_peer_pool2d(&call.pool2d, is_max, 1, call.x, call.dy, peers) : 0;
  time_call_against(shape, "backward", bytes, is_max ? max_backward : average_backward, &call, call.dx, x_count, peers,
                    peer_count);
}

/* ---- batch norm and activation ---------------------------------------------------------------------------------- */

static void norm_statistics(void *context) {
  memory_call *call = context;
  apus_batch_norm_statistics(&call->norm, call->x, EPSILON, call->vectors[MEAN], call->vectors[MEAN_REST],
                             call->vectors[VARIANCE], call->vectors[INVERSE_DEVIATION], call->scratch);
}

static void norm_apply(void *context) {
  memory_call *call = context;
  const apus_batch_norm_map map = {call->vectors[MEAN], call->vectors[SCALE], call->vectors[SHIFT], NULL, APUS_ACTIVATION_RELU};
  apus_batch_norm_apply(&call->norm, call->x, &map, call->y);
}

static void norm_forward(void *context) {
  memory_call *call = context;
  norm_statistics(context);
  apus_batch_norm_fold(call->channels, call->vectors[MEAN_REST], call->vectors[INVERSE_DEVIATION], NULL, NULL,
                       call->vectors[SCALE], call->vectors[SHIFT]);
  norm_apply(context);
}

static void norm_backward(void *context) {
  memory_call *call = context;
  const apus_batch_norm_backward_arguments arguments = {.x = call->x,
                                                        .dy = call->dy,
                                                        .mean = call->vectors[MEAN],
                                                        .mean_rest = call->vectors[MEAN_REST],
                                                        .inverse_deviation = call->vectors[INVERSE_DEVIATION],
                                                        .scale = call->vectors[SCALE],
                                                        .shift = call->vectors[SHIFT],
                                                        .epsilon = EPSILON,
                                                        .activation = APUS_ACTIVATION_RELU,
                                                        .dx = call->dx,
                                                        .dgamma = call->vectors[DGAMMA],
                                                        .dbeta = call->vectors[DBETA]};
  apus_batch_norm_backward(&call->norm, &arguments, call->scratch);
}

static void relu_forward(void *context) {
  memory_call *call = context;
  apus_relu_forward(call->count, call->x, call->y);
}

static void relu_backward(void *context) {
  memory_call *call = context;
  apus_relu_backward(call->count, call->y, call->dy, call->dx);
}

static void bias_relu_forward(void *context) {
  memory_call *call = context;
  apus_bias_activation_forward(call->rows, call->channels, call->x, call->vectors[0], APUS_ACTIVATION_RELU, call->y);
}

static void bias_relu_backward(void *context) {
  memory_call *call = context;
  apus_bias_activation_backward(call->rows, call->channels, call->y, call->dy, APUS_ACTIVATION_RELU, call->dx, call->vectors[1],
                                call->scratch);
}

/* rows, channels */
static memory_call rows_of_channels(const bench_shape *shape) {
  memory_call call = {.rows = shape->size[0], .channels = shape->size[1], .count = shape->size[0] * shape->size[1]};
  call.x = bench_floats(call.count);
  call.y = bench_floats(call.count);
  call.dy = bench_floats(call.count);
  call.dx = bench_floats(call.count);
  for (int i = 0; i < VECTORS; i++)
    call.vectors[i] = bench_floats(call.channels);
  return call;
}

void bench_batch_norm(const bench_shape *shape) {
  memory_call call = rows_of_channels(shape);
  apus_error error;
  if (apus_batch_norm_plan_make(&call.norm, call.rows, call.channels, &error) != APUS_OK) {
    fprintf(stderr, "%s: %s\n", shape->name, error.text);
    return;
  }
  call.scratch = bench_bytes(call.norm.scratch_bytes);
  double bytes = 4.0 * (double)call.count;
  time_call(shape, "statistics", bytes, norm_statistics, &call);
  bench_peer peers[BENCH_MOST_PEERS];
  int peer_count =
      bench_chosen.peer ? bench_peer_batch_norm(call.rows, call.channels, (float)EPSILON, 0, call.x, call.dy, peers) : 0;
  /* x twice; y */
  time_call_against(shape, "forward_relu", 3 * bytes, norm_forward, &call, call.y, call.count, peers, peer_count);
  time_call(shape, "apply_relu", 2 * bytes, norm_apply, &call);
  peer_count = bench_chosen.peer ? bench_peer_batch_norm(call.rows, call.channels, (float)EPSILON, 1, call.x, call.dy, peers) : 0;
  /* x and dy twice; dx */
  time_call_against(shape, "backward_relu", 5 * bytes, norm_backward, &call, call.dx, call.count, peers, peer_count);
}

void bench_activation(const bench_shape *shape) {
  memory_call call = rows_of_channels(shape);
  call.scratch = bench_bytes(apus_bias_activation_backward_scratch(call.rows, call.channels));
  double bytes = 4.0 * (double)call.count;
  time_call(shape, "relu_forward", 2 * bytes, relu_forward, &call);
  time_call(shape, "relu_backward", 3 * bytes, relu_backward, &call);
  time_call(shape, "bias_relu_forward", 2 * bytes, bias_relu_forward, &call);
  time_call(shape, "bias_relu_backward", 3 * bytes, bias_relu_backward, &call);
  bench_nonlinearities(shape);
}

/* ---- optimizer, elementwise ------------------------------------------------------------------------------------- */

static void optimizer_step(void *context) {
  memory_call *call = context;
  apus_optimizer_step(call->rule, 1, &call->item, &call->options);
}

/* parameters */
void bench_optimizer(const bench_shape *shape) {
  /* floats that are read or written for each parameter: value, gradient and states. */
  static const struct {
    const char *name;
    apus_optimizer rule;
    int states, floats;
    double momentum;
    int centered;
  } rules[] = {
      {"sgd", APUS_SGD, 1, 5, 0.9, 0},         {"adam", APUS_ADAM, 3, 7, 0, 0},
      {"rmsprop", APUS_RMSPROP, 1, 5, 0, 0},   {"rmsprop.full", APUS_RMSPROP, 7, 9, 0.9, 1},
      {"adagrad", APUS_ADAGRAD, 1, 5, 0, 0},   {"sign_sgd", APUS_SIGN_SGD, 0, 3, 0, 0},
      {"signum", APUS_SIGN_SGD, 1, 5, 0.9, 0}, {"sgd.plain", APUS_SGD, 0, 3, 0, 0},
      {"ascent", APUS_ASCENT, 1, 3, 0, 0},
  };
  const int64_t count = shape->size[0];
  memory_call call = {.item = {.count = count, .rate = 1, .weight_decay = 1e-4, .step = 1000},
                      .options = {.learning_rate = 1e-6, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8, .bias_correction = 1}};
  call.item.value = bench_floats(count);
  call.item.gradient = bench_floats(count);
  for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
    if (strncmp(rules[i].name, shape->operation, strlen(shape->operation)) != 0)
      continue;
    call.rule = rules[i].rule;
    call.options.momentum = rules[i].momentum;
    call.options.centered = rules[i].centered;
    for (int s = 0; s < APUS_OPTIMIZER_STATES; s++) {
      call.item.state[s] = rules[i].states >> s & 1 ? bench_floats(count) : NULL;
      for (int64_t j = 0; j < count && call.item.state[s]; j++)
        call.item.state[s][j] *= call.item.state[s][j];
    }
    time_call(shape, rules[i].name, 4.0 * rules[i].floats * (double)count, optimizer_step, &call);
  }
}

static void gradient_norm(void *context) {
  memory_call *call = context;
  apus_gradient_item item = {call->count, call->x};
  apus_gradient_squares(1, &item, call->scratch, call->sums);
}

static void gradient_scale(void *context) {
  memory_call *call = context;
  apus_gradient_item item = {call->count, call->x};
  apus_gradient_scale(1, &item, 1);
}

static void gradient_clip(void *context) {
  memory_call *call = context;
  apus_gradient_item item = {call->count, call->x};
  apus_gradient_clip(1, &item, 0.5f);
}

static void gradient_clip_units(void *context) {
  memory_call *call = context;
  apus_gradient_clip_units(call->rows, call->channels, call->y, call->x, 1e9f, 1e-3f, call->scratch);
}

/* rows and units of a matrix */
void bench_gradient(const bench_shape *shape) {
  memory_call call = {.rows = shape->size[0], .channels = shape->size[1]};
  call.count = call.rows * call.channels;
  call.x = bench_floats(call.count);
  call.y = bench_floats(call.count);
  apus_gradient_item item = {call.count, call.x};
  const size_t squares = apus_gradient_squares_scratch(1, &item),
               units = apus_gradient_clip_units_scratch(call.rows, call.channels);
  call.scratch = bench_bytes(squares > units ? squares : units);
  call.sums = bench_bytes(sizeof *call.sums);
  double bytes = 4.0 * (double)call.count;
  time_call(shape, "norm", bytes, gradient_norm, &call);
  time_call(shape, "scale", 2 * bytes, gradient_scale, &call);
  time_call(shape, "clip", 2 * bytes, gradient_clip, &call);
  time_call(shape, "clip_units", 2 * bytes, gradient_clip_units, &call); /* two reads, where nothing is clipped */
}

static void add(void *context) {
  memory_call *call = context;
  apus_broadcast space = {.axes = 1, .sizes = {call->count}, .a_strides = {1}, .b_strides = {1}};
  apus_binary_f32(APUS_ADD, &space, call->x, call->dy, call->y);
}

static void exponential(void *context) {
  memory_call *call = context;
  apus_unary_f32(APUS_EXP, call->count, call->x, call->y);
}

static void sum(void *context) {
  memory_call *call = context;
  apus_reduce_f32(APUS_SUM, 1, call->count, 1, call->x, call->y);
}

static void dropout(void *context) {
  memory_call *call = context;
  apus_dropout_f32(call->count, 1, 2, 0.5f, call->x, call->y);
}

/* elements */
void bench_elementwise(const bench_shape *shape) {
  memory_call call = {.count = shape->size[0]};
  call.x = bench_floats(call.count);
  call.y = bench_floats(call.count);
  call.dy = bench_floats(call.count);
  double bytes = 4.0 * (double)call.count;
  time_call(shape, "add", 3 * bytes, add, &call);
  time_call(shape, "exp", 2 * bytes, exponential, &call);
  time_call(shape, "sum", bytes, sum, &call);
  time_call(shape, "dropout", 2 * bytes, dropout, &call);
}
