#include "bench.h"

/* Windows evenly over the axis. */
void bench_resample(const bench_shape *shape) {
  const int64_t *n = shape->size;
  resample_call call = {.shape = call_resample_shape(shape)};
  int64_t *first = bench_bytes((size_t)n[2] * sizeof *first);
  for (int64_t o = 0; o < n[2]; o++)
    first[o] = o * (n[1] - n[4]) / n[2];
  call.first = first;
  call.weights = bench_floats(n[2] * n[4]);
  call.x = bench_floats(n[0] * n[1] * n[3]);
  call.y = bench_floats(n[0] * n[2] * n[3]);
  const double outputs = (double)(n[0] * n[2] * n[3]);
  bench_time(shape, "run", "", (bench_work){.bytes = 4 * (outputs + (double)(n[0] * n[1] * n[3]))}, call_resample, &call);
}
