/* Losses of rows of scores and of elements, the latter on the same numbers. Bytes are those that must be read and written at
 * least once; operations are not counted. */
#include "bench.h"

typedef struct loss_call {
  apus_label_rows rows;
  apus_pointwise_loss pointwise;
  float *x, *y, *targets, *losses, *slopes, *weights;
} loss_call;

static void plain_forward(void *context) {
  loss_call *c = context;
  apus_label_cross_entropy_forward(&c->rows, NULL, 0, c->x, c->losses, c->y);
}

static void plain_backward(void *context) {
  loss_call *c = context;
  apus_label_cross_entropy_backward(&c->rows, NULL, 0, c->targets, c->slopes, c->y);
}

static void labels_forward(void *context) {
  loss_call *c = context;
  apus_label_cross_entropy_forward(&c->rows, c->weights, 0.1f, c->x, c->losses, c->y);
}

static void labels_backward(void *context) {
  loss_call *c = context;
  apus_label_cross_entropy_backward(&c->rows, c->weights, 0.1f, c->targets, c->slopes, c->y);
}

static void targets_forward(void *context) {
  loss_call *c = context;
  apus_target_cross_entropy_forward(c->rows.rows, c->rows.classes, c->targets, NULL, 0, c->x, c->losses, c->y);
}

static void focal_forward(void *context) {
  loss_call *c = context;
  apus_focal_forward(&c->rows, NULL, 2, c->x, c->losses, c->slopes, c->y);
}

static void hinge_forward(void *context) {
  loss_call *c = context;
  apus_hinge_forward(&c->rows, NULL, 1, c->x, c->losses);
}

static void pointwise_forward(void *context) {
  loss_call *c = context;
  apus_pointwise_loss_forward(&c->pointwise, c->rows.rows, c->rows.classes, NULL, c->x, c->targets, c->y);
}

static void pointwise_backward(void *context) {
  loss_call *c = context;
  apus_pointwise_loss_backward(&c->pointwise, c->rows.rows, c->rows.classes, NULL, c->x, c->targets, c->x, c->y);
}

static void time_loss(const bench_shape *shape, const char *pass, double bytes, bench_body body, loss_call *call) {
  bench_time(shape, pass, "", (bench_work){.bytes = bytes}, body, call);
}

/* rows, classes */
void bench_loss(const bench_shape *shape) {
  const int64_t rows = shape->size[0], classes = shape->size[1], count = rows * classes;
  int32_t *labels = bench_bytes((size_t)rows * sizeof(int32_t));
  for (int64_t i = 0; i < rows; i++)
    labels[i] = (int32_t)(i % classes);
  loss_call call = {.rows = {rows, classes, labels, APUS_IGNORE_NONE},
                    .x = bench_floats(count),
                    .y = bench_floats(count),
                    .targets = bench_floats(count),
                    .losses = bench_floats(rows),
                    .slopes = bench_floats(rows),
                    .weights = bench_floats(classes)};
  const double bytes = 4.0 * (double)count;
  time_loss(shape, "forward", 2 * bytes, plain_forward, &call);
  time_loss(shape, "backward", 2 * bytes, plain_backward, &call);
  time_loss(shape, "smoothed_forward", 2 * bytes, labels_forward, &call);
  time_loss(shape, "smoothed_backward", 2 * bytes, labels_backward, &call);
  time_loss(shape, "targets_forward", 3 * bytes, targets_forward, &call);
  time_loss(shape, "focal_forward", 2 * bytes, focal_forward, &call);
  time_loss(shape, "hinge_forward", bytes, hinge_forward, &call);
  call.pointwise = (apus_pointwise_loss){.kind = APUS_LOSS_SMOOTH_L1, .beta = 1};
  time_loss(shape, "smooth_l1_forward", 3 * bytes, pointwise_forward, &call);
  time_loss(shape, "smooth_l1_backward", 4 * bytes, pointwise_backward, &call);
  call.pointwise = (apus_pointwise_loss){.kind = APUS_LOSS_BINARY_CROSS_ENTROPY, .positive = 1, .negative = 1};
  time_loss(shape, "binary_forward", 3 * bytes, pointwise_forward, &call);
  time_loss(shape, "binary_backward", 4 * bytes, pointwise_backward, &call);
}
