#include "bench.h"

/* Windows evenly over the axis. */
static const int64_t *places(int64_t inputs, int64_t outputs, int64_t taps) {
  int64_t *first = bench_bytes((size_t)outputs * sizeof *first);
  for (int64_t o = 0; o < outputs; o++)
    first[o] = o * (inputs - taps) / outputs;
  return first;
}

void bench_resample(const bench_shape *shape) {
  const int64_t *n = shape->size;
  resample_call call = {.shape = call_resample_shape(shape)};
  call.first = places(n[1], n[2], n[4]);
  call.weights = bench_floats(n[2] * n[4]);
  call.x = bench_floats(n[0] * n[1] * n[3]);
  call.y = bench_floats(n[0] * n[2] * n[3]);
  const double outputs = (double)(n[0] * n[2] * n[3]);
  bench_time(shape, "run", "", (bench_work){.bytes = 4 * (outputs + (double)(n[0] * n[1] * n[3]))}, call_resample, &call);
}

void bench_image_resize(const bench_shape *shape) {
  image_resize_call call = {.shape = call_image_resize_shape(shape)};
  apus_image_resize *s = &call.shape;
  s->down.first = places(s->height, s->down.size, s->down.taps);
  s->across.first = places(s->width, s->across.size, s->across.taps);
  s->down.weights = bench_floats(s->down.size * s->down.taps);
  s->across.weights = bench_floats(s->across.size * s->across.taps);
  const size_t inputs = (size_t)(s->height * s->stride), outputs = (size_t)(s->down.size * s->across.size * s->channels);
  uint8_t *x = bench_bytes(inputs);
  for (size_t i = 0; i < inputs; i++)
    x[i] = (uint8_t)(i * 37);
  call.x = x;
  call.y = bench_bytes(outputs);
  call.scratch = bench_bytes(apus_image_resize_scratch(s));
  bench_time(shape, "run", "", (bench_work){.bytes = (double)(inputs + outputs)}, call_image_resize, &call);
}
