/* What memory's bandwidth limits: everything but convolution and matrix products. Bytes are those that must be read and written
 * at least once; operations are not counted. */
#include "bench_peer.h"

#include <stdio.h>
#include <string.h>

/* Of channels; activation uses the first two. */
enum { MEAN, VARIANCE, SCALE, SHIFT, INVERSE_DEVIATION, DGAMMA, DBETA, VECTORS };
#define EPSILON 1e-5f

typedef struct memory_call {
  apus_pool2d_plan pool2d;
  apus_batch_norm_plan norm;
  int64_t rows, channels, count;
  float *x, *y, *dy, *dx, *vectors[VECTORS];
  uint8_t *mask;
  int32_t *labels;
  apus_sgd_item item;
  apus_adam_item adam;
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
  apus_batch_norm_statistics(&call->norm, call->x, call->vectors[MEAN], call->vectors[VARIANCE], call->scratch);
}

static void norm_apply(void *context) {
  memory_call *call = context;
  apus_batch_norm_apply(&call->norm, call->x, call->vectors[SCALE], call->vectors[SHIFT], NULL, APUS_ACTIVATION_RELU, call->y);
}

static void norm_forward(void *context) {
  memory_call *call = context;
  norm_statistics(context);
  apus_batch_norm_fold(call->channels, call->vectors[MEAN], call->vectors[VARIANCE], NULL, NULL, EPSILON, call->vectors[SCALE],
                       call->vectors[SHIFT], call->vectors[INVERSE_DEVIATION]);
  norm_apply(context);
}

static void norm_backward(void *context) {
  memory_call *call = context;
  apus_batch_norm_backward(&call->norm, call->x, NULL, call->vectors[SCALE], call->vectors[SHIFT], call->dy, call->vectors[MEAN],
                           call->vectors[INVERSE_DEVIATION], NULL, APUS_ACTIVATION_RELU, call->dx, call->vectors[DGAMMA],
                           call->vectors[DBETA], NULL, call->scratch);
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
  int peer_count = bench_chosen.peer ? bench_peer_batch_norm(call.rows, call.channels, EPSILON, 0, call.x, call.dy, peers) : 0;
  /* x twice; y */
  time_call_against(shape, "forward_relu", 3 * bytes, norm_forward, &call, call.y, call.count, peers, peer_count);
  time_call(shape, "apply_relu", 2 * bytes, norm_apply, &call);
  peer_count = bench_chosen.peer ? bench_peer_batch_norm(call.rows, call.channels, EPSILON, 1, call.x, call.dy, peers) : 0;
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

/* ---- loss, optimizer, elementwise ------------------------------------------------------------------------------- */

static void cross_entropy_forward(void *context) {
  memory_call *call = context;
  apus_softmax_cross_entropy_forward(call->rows, call->channels, call->x, call->labels, call->dx, call->y);
}

static void cross_entropy_backward(void *context) {
  memory_call *call = context;
  apus_softmax_cross_entropy_backward(call->rows, call->channels, call->y, call->labels, 0.5f, call->dx);
}

/* rows, classes */
void bench_loss(const bench_shape *shape) {
  memory_call call = rows_of_channels(shape);
  call.labels = bench_bytes((size_t)call.rows * sizeof(int32_t));
  for (int64_t i = 0; i < call.rows; i++)
    call.labels[i] = (int32_t)(i % call.channels);
  double bytes = 4.0 * (double)call.count;
  time_call(shape, "forward", 2 * bytes, cross_entropy_forward, &call);
  time_call(shape, "backward", 2 * bytes, cross_entropy_backward, &call);
}

static void sgd_step(void *context) {
  memory_call *call = context;
  apus_sgd_step(1, &call->item, 1e-6f, 0.9f, 0);
}

static void adam_step(void *context) {
  memory_call *call = context;
  const apus_adam_options options = {.learning_rate = 1e-6f, .beta1 = 0.9f, .beta2 = 0.999f, .epsilon = 1e-8f, .step = 1000};
  apus_adam_step(1, &call->adam, &options);
}

/* parameters */
void bench_optimizer(const bench_shape *shape) {
  const int64_t count = shape->size[0];
  float *value = bench_floats(count), *gradient = bench_floats(count), *state = bench_floats(count);
  memory_call call = {.item = {count, value, gradient, state, 1e-4f}};
  if (strcmp(shape->operation, "sgd") == 0) {
    time_call(shape, "step", 20.0 * (double)count, sgd_step, &call);
    return;
  }
  call.adam = (apus_adam_item){count, value, gradient, state, bench_floats(count), 1e-4f};
  for (int64_t i = 0; i < count; i++)
    call.adam.second_moment[i] *= call.adam.second_moment[i];
  time_call(shape, "step", 28.0 * (double)count, adam_step, &call);
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
