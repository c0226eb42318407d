/* The activation functions that are passes of their own. */
#include "bench.h"

#include <stdio.h>

#include "activation/functions.h"

enum { PIECES = 2 };

typedef struct nonlinearity_call {
  apus_nonlinearity function;
  float a, b;
  int64_t rows, channels, count;
  float *x, *y, *dy, *dx, *slopes, *dslopes;
  uint8_t *piece;
  void *scratch;
} nonlinearity_call;

static void forward(void *context) {
  nonlinearity_call *call = context;
  apus_nonlinearity_forward(call->function, call->count, call->a, call->b, call->x, call->y);
}

static void backward(void *context) {
  nonlinearity_call *call = context;
  const float *v = apus_nonlinearity_reads_input(call->function) ? call->x : call->y;
  apus_nonlinearity_backward(call->function, call->count, call->a, call->b, v, call->dy, call->dx);
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
  for (int i = 0; i < APUS_NONLINEARITY_COUNT; i++) {
    char pass[64];
    const nonlinearity *function = apus_nonlinearities[i];
    call.function = (apus_nonlinearity)i;
    call.a = function->settings[0].parameters[0];
    call.b = function->settings[0].parameters[1];
    snprintf(pass, sizeof pass, "%s_forward", function->name);
    bench_time(shape, pass, "", (bench_work){.bytes = 2 * bytes}, forward, &call);
    snprintf(pass, sizeof pass, "%s_backward", function->name);
    bench_time(shape, pass, "", (bench_work){.bytes = 3 * bytes}, backward, &call);
  }
  bench_time(shape, "prelu_forward", "", (bench_work){.bytes = 2 * bytes}, prelu_forward, &call);
  bench_time(shape, "prelu_backward", "", (bench_work){.bytes = 3 * bytes}, prelu_backward, &call);
  /* x, half as much y, a byte for each of those. */
  bench_time(shape, "maxout_forward", "", (bench_work){.bytes = 1.625 * bytes}, maxout_forward, &call);
  bench_time(shape, "maxout_backward", "", (bench_work){.bytes = 1.625 * bytes}, maxout_backward, &call);
}
