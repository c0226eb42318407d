/* The activation functions that are passes of their own. */
#include "bench.h"

#include <stdio.h>

static const struct {
  const char *name;
  apus_nonlinearity function;
  float a;
} functions[] = {
    {"threshold", APUS_THRESHOLD, 0},
    {"sigmoid", APUS_SIGMOID, 0},
    {"tanh", APUS_TANH, 0},
    {"leaky_relu", APUS_LEAKY_RELU, 0.01f},
    {"elu", APUS_ELU, 1},
    {"swish", APUS_SWISH, 1},
    {"gelu", APUS_GELU, 0},
    {"gelu_tanh", APUS_GELU_TANH, 0},
    {"softplus", APUS_SOFTPLUS, 0},
};
enum { function_count = sizeof functions / sizeof functions[0], PIECES = 2 };

typedef struct nonlinearity_call {
  apus_nonlinearity function;
  float a;
  int64_t rows, channels, count;
  float *x, *y, *dy, *dx, *slopes, *dslopes;
  uint8_t *piece;
  void *scratch;
} nonlinearity_call;

static void forward(void *context) {
  nonlinearity_call *call = context;
  apus_nonlinearity_forward(call->function, call->count, call->a, call->x, call->y);
}

static void backward(void *context) {
  nonlinearity_call *call = context;
  const float *v = apus_nonlinearity_reads_input(call->function) ? call->x : call->y;
  apus_nonlinearity_backward(call->function, call->count, call->a, v, call->dy, call->dx);
}

static void prelu_forward(void *context) {
  nonlinearity_call *call = context;
  apus_prelu_forward(call->rows, call->channels, call->x, call->slopes, call->y);
}

static void prelu_backward(void *context) {
  nonlinearity_call *call = context;
  apus_prelu_backward(call->rows, call->channels, call->x, call->slopes, call->dy, call->dx, call->dslopes, call->scratch);
}

/* From the rows' channels to half of them. */
static void maxout_forward(void *context) {
  nonlinearity_call *call = context;
  apus_maxout_forward(call->rows, PIECES, call->channels / PIECES, call->x, call->y, call->piece);
}

static void maxout_backward(void *context) {
  nonlinearity_call *call = context;
  apus_maxout_backward(call->rows, PIECES, call->channels / PIECES, call->dy, call->piece, call->dx);
}

/* rows, channels */
void bench_nonlinearities(const bench_shape *shape) {
  nonlinearity_call call = {.rows = shape->size[0], .channels = shape->size[1]};
  call.count = call.rows * call.channels;
  call.x = bench_floats(call.count);
  call.y = bench_floats(call.count);
  call.dy = bench_floats(call.count);
  call.dx = bench_floats(call.count);
  call.slopes = bench_floats(call.channels);
  call.dslopes = bench_floats(call.channels);
  call.piece = bench_bytes((size_t)call.count);
  call.scratch = bench_bytes(apus_prelu_backward_scratch(call.rows, call.channels));
  const double bytes = 4.0 * (double)call.count;
  for (int i = 0; i < function_count; i++) {
    char pass[64];
    call.function = functions[i].function;
    call.a = functions[i].a;
    snprintf(pass, sizeof pass, "%s_forward", functions[i].name);
    bench_time(shape, pass, "", (bench_work){.bytes = 2 * bytes}, forward, &call);
    snprintf(pass, sizeof pass, "%s_backward", functions[i].name);
    bench_time(shape, pass, "", (bench_work){.bytes = 3 * bytes}, backward, &call);
  }
  bench_time(shape, "prelu_forward", "", (bench_work){.bytes = 2 * bytes}, prelu_forward, &call);
  bench_time(shape, "prelu_backward", "", (bench_work){.bytes = 3 * bytes}, prelu_backward, &call);
  /* x, half as much y, a byte for each of those. */
  bench_time(shape, "maxout_forward", "", (bench_work){.bytes = 1.625 * bytes}, maxout_forward, &call);
  bench_time(shape, "maxout_backward", "", (bench_work){.bytes = 1.625 * bytes}, maxout_backward, &call);
}
