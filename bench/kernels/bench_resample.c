#include "bench.h"

typedef struct resample_call {
  apus_resample shape;
  const int64_t *first;
  const float *weights, *x;
  float *y;
} resample_call;

static void run(void *context) {
  resample_call *call = context;
  apus_resample_run(&call->shape, call->first, call->weights, call->x, call->y);
}

/* outer, size in, size out, inner, taps: windows evenly over the axis */
void bench_resample(const bench_shape *shape) {
  const int64_t *n = shape->size;
  resample_call call = {.shape = {.outer = n[0], .in_size = n[1], .out_size = n[2], .inner = n[3], .taps = n[4]}};
  int64_t *first = bench_bytes((size_t)n[2] * sizeof *first);
  for (int64_t o = 0; o < n[2]; o++)
    first[o] = o * (n[1] - n[4]) / n[2];
  call.first = first;
  call.weights = bench_floats(n[2] * n[4]);
  call.x = bench_floats(n[0] * n[1] * n[3]);
  call.y = bench_floats(n[0] * n[2] * n[3]);
  const double outputs = (double)(n[0] * n[2] * n[3]);
  bench_time(shape, "run", "", (bench_work){.bytes = 4 * (outputs + (double)(n[0] * n[1] * n[3]))}, run, &call);
}
