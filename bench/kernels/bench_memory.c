/* What memory's bandwidth limits: pooling, activation, optimizers, operations on elements. Bytes are those that must be read and
 * written at least once; operations are not counted. */
#include "bench_peer.h"

#include <stdio.h>
#include <string.h>

static void time_call(const bench_shape *shape, const char *pass, double bytes, bench_body body, void *call) {
  bench_time(shape, pass, "", (bench_work){.bytes = bytes}, body, call);
}

/* ---- pooling ---------------------------------------------------------------------------------------------------- */

void bench_pool2d(const bench_shape *shape) {
  const apus_pool2d s = call_pool2d_shape(shape);
  const int is_max = strcmp(shape->operation, "max_pool2d") == 0;
  pool2d_call call;
  apus_error error;
  if (apus_pool2d_plan_make(&call.plan, &s, &error) != APUS_OK) {
    fprintf(stderr, "%s: %s\n", shape->name, error.text);
    return;
  }
  const int64_t x_count = s.batch * s.height * s.width * s.channels,
                y_count = s.batch * call.plan.out_h * call.plan.out_w * s.channels;
  call.x = bench_floats(x_count);
  call.dy = bench_floats(y_count);
  call.mask = call.out_mask = bench_bytes((size_t)(y_count * call.plan.mask_bytes));
  float *y = bench_floats(y_count), *dx = bench_floats(x_count);
  const double bytes = 4.0 * (double)(x_count + y_count) + (is_max ? (double)(y_count * call.plan.mask_bytes) : 0);
  for (int backward = 0; backward <= 1; backward++) {
    const bench_body bodies[2][2] = {{call_average_pool2d_forward, call_average_pool2d_backward},
                                     {call_max_pool2d_forward, call_max_pool2d_backward}};
    bench_peer peers[BENCH_MOST_PEERS];
    const int peer_count = bench_chosen.peer ? bench_peer_pool2d(&call.plan, is_max, backward, call.x, call.dy, peers) : 0;
    call.out = backward ? dx : y;
    bench_time_against(shape, backward ? "backward" : "forward", "", (bench_work){.bytes = bytes}, bodies[is_max][backward],
                       &call, call.out, backward ? x_count : y_count, 1e-4, peers, peer_count);
    bench_peer_free_all();
  }
}

/* ---- activation -------------------------------------------------------------------------------------------------- */

/* rows, channels */
void bench_activation(const bench_shape *shape) {
  const int64_t rows = shape->size[0], channels = shape->size[1], count = rows * channels;
  bias_activation_call call = {.rows = rows, .channels = channels, .count = count, .activation = APUS_ACTIVATION_RELU};
  call.x = bench_floats(count);
  call.dy = bench_floats(count);
  call.bias = bench_floats(channels);
  call.dbias = bench_floats(channels);
  call.scratch = bench_bytes(apus_bias_activation_backward_scratch(rows, channels));
  float *y = bench_floats(count), *dx = bench_floats(count);
  const struct {
    const char *name;
    bench_body body;
    int backward;
  } passes[] = {{"relu_forward", call_relu_forward, 0},
                {"relu_backward", call_relu_backward, 1},
                {"bias_relu_forward", call_bias_activation_forward, 0},
                {"bias_relu_backward", call_bias_activation_backward, 1}};
  call.y = y;
  for (int i = 0; i < 4; i++) {
    call.out = passes[i].backward ? dx : y;
    time_call(shape, passes[i].name, 4.0 * (2 + passes[i].backward) * (double)count, passes[i].body, &call);
  }
  bench_nonlinearities(shape);
}

/* ---- optimizer, elementwise ------------------------------------------------------------------------------------- */

/* parameters */
void bench_optimizer(const bench_shape *shape) {
  const int64_t count = shape->size[0];
  optimizer_call call = {.items = 1, .item = {{.count = count, .rate = 1, .weight_decay = 1e-4, .step = 1000}}};
  call.item[0].value = bench_floats(count);
  call.item[0].gradient = bench_floats(count);
  for (const optimizer_variant *v = call_optimizer_variants; v->name; v++) {
    if (!v->floats)
      continue;
    call.rule = v->rule;
    call.options = v->options;
    call.options.learning_rate = 1e-6; /* values stay numbers, however often they are stepped */
    for (int s = 0; s < APUS_OPTIMIZER_STATES; s++) {
      call.item[0].state[s] = v->states >> s & 1 ? bench_floats(count) : NULL;
      for (int64_t j = 0; j < count && call.item[0].state[s]; j++)
        call.item[0].state[s][j] *= call.item[0].state[s][j];
    }
    time_call(shape, v->name, 4.0 * v->floats * (double)count, call_optimizer, &call);
  }
}

/* rows and units of a matrix */
void bench_gradient(const bench_shape *shape) {
  const int64_t rows = shape->size[0], units = shape->size[1], count = rows * units;
  gradient_call call = {.items = 1, .rows = rows, .columns = units, .item = {{count, bench_floats(count)}}};
  call.value = bench_floats(count);
  const size_t squares = apus_gradient_squares_scratch(1, call.item), clipping = apus_gradient_clip_units_scratch(rows, units);
  call.scratch = bench_bytes(squares > clipping ? squares : clipping);
  call.sums = bench_bytes(sizeof *call.sums);
  const double bytes = 4.0 * (double)count;
  time_call(shape, "norm", bytes, call_gradient_squares, &call);
  call.number = 1;
  time_call(shape, "scale", 2 * bytes, call_gradient_scale, &call);
  call.number = 0.5f;
  time_call(shape, "clip", 2 * bytes, call_gradient_clip, &call);
  call.number = 1e9f;
  time_call(shape, "clip_units", 2 * bytes, call_gradient_clip_units, &call); /* two reads, where nothing is clipped */
}

typedef struct memory_call {
  int64_t count;
  float *x, *y, *dy;
  void *scratch;
} memory_call;

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

static void moments(void *context) {
  memory_call *call = context;
  apus_moments found;
  apus_moments_f32(call->count, 1, call->x, -1, 1, &found, call->scratch);
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
  call.scratch = bench_bytes(apus_moments_scratch(call.count, 1));
  time_call(shape, "moments", bytes, moments, &call);
}
