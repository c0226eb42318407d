/* Losses of rows of scores and of elements, the latter on the same numbers. Bytes are those that must be read and written at
 * least once; operations are not counted. */
#include "bench.h"

#include <string.h>

static void time_class_loss(const bench_shape *shape, const char *pass, double bytes, class_loss_call call) {
  bench_time(shape, pass, "", (bench_work){.bytes = bytes},
             strstr(pass, "forward") ? call_class_loss_forward : call_class_loss_backward, &call);
}

static void time_pointwise_loss(const bench_shape *shape, const char *pass, double bytes, pointwise_loss_call call) {
  bench_time(shape, pass, "", (bench_work){.bytes = bytes},
             strstr(pass, "forward") ? call_pointwise_loss_forward : call_pointwise_loss_backward, &call);
}

/* rows, classes */
void bench_loss(const bench_shape *shape) {
  const int64_t rows = shape->size[0], classes = shape->size[1], count = rows * classes;
  int32_t *labels = bench_bytes((size_t)rows * sizeof(int32_t));
  for (int64_t i = 0; i < rows; i++)
    labels[i] = (int32_t)(i % classes);
  float *weights = bench_floats(classes), *slopes = bench_floats(rows), *targets = bench_floats(count);
  class_loss_call call = {.rows = {rows, classes, labels, APUS_IGNORE_NONE},
                          .scores = bench_floats(count),
                          .targets = targets,
                          .probabilities = targets,
                          .dlosses = slopes,
                          .losses = bench_floats(rows),
                          .slopes = slopes,
                          .out = bench_floats(count)};
  const double bytes = 4.0 * (double)count;
  time_class_loss(shape, "forward", 2 * bytes, call);
  time_class_loss(shape, "backward", 2 * bytes, call);
  class_loss_call smoothed = call;
  smoothed.weights = weights;
  smoothed.option = 0.1f;
  time_class_loss(shape, "smoothed_forward", 2 * bytes, smoothed);
  time_class_loss(shape, "smoothed_backward", 2 * bytes, smoothed);
  call.kind = LOSS_TARGETS;
  time_class_loss(shape, "targets_forward", 3 * bytes, call);
  call.kind = LOSS_FOCAL;
  call.option = 2;
  time_class_loss(shape, "focal_forward", 2 * bytes, call);
  call.kind = LOSS_HINGE;
  call.option = 1;
  time_class_loss(shape, "hinge_forward", bytes, call);
  pointwise_loss_call elements = {.loss = {.kind = APUS_LOSS_SMOOTH_L1, .beta = 1},
                                  .rows = rows,
                                  .columns = classes,
                                  .x = call.scores,
                                  .targets = targets,
                                  .dlosses = call.scores,
                                  .out = call.out};
  time_pointwise_loss(shape, "smooth_l1_forward", 3 * bytes, elements);
  time_pointwise_loss(shape, "smooth_l1_backward", 4 * bytes, elements);
  elements.loss = (apus_pointwise_loss){.kind = APUS_LOSS_BINARY_CROSS_ENTROPY, .positive = 1, .negative = 1};
  time_pointwise_loss(shape, "binary_forward", 3 * bytes, elements);
  time_pointwise_loss(shape, "binary_backward", 4 * bytes, elements);
}
