/* Group norm and local response norm: what memory's bandwidth limits, or for LRN's square roots nearly. */
#include "bench_peer.h"

#include <stdio.h>

#define EPSILON 1e-5

typedef struct norm_call {
  apus_group_norm_plan group;
  apus_local_response_norm_plan local;
  float *x, *y, *dy, *dx, *gamma, *beta, *mean, *rest, *inverse, *dgamma, *dbeta;
  void *scratch;
} norm_call;

static void group_forward(void *context) {
  norm_call *call = context;
  const apus_group_norm_forward_arguments arguments = {.x = call->x,
                                                       .gamma = call->gamma,
                                                       .beta = call->beta,
                                                       .epsilon = EPSILON,
                                                       .activation = APUS_ACTIVATION_RELU,
                                                       .y = call->y,
                                                       .mean = call->mean,
                                                       .mean_rest = call->rest,
                                                       .inverse_deviation = call->inverse};
  apus_group_norm_forward(&call->group, &arguments, call->scratch);
}

static void group_backward(void *context) {
  norm_call *call = context;
  const apus_group_norm_backward_arguments arguments = {.x = call->x,
                                                        .dy = call->dy,
                                                        .mean = call->mean,
                                                        .mean_rest = call->rest,
                                                        .inverse_deviation = call->inverse,
                                                        .gamma = call->gamma,
                                                        .beta = call->beta,
                                                        .epsilon = EPSILON,
                                                        .activation = APUS_ACTIVATION_RELU,
                                                        .dx = call->dx,
                                                        .dgamma = call->dgamma,
                                                        .dbeta = call->dbeta};
  apus_group_norm_backward(&call->group, &arguments, call->scratch);
}

static void local_forward(void *context) {
  norm_call *call = context;
  apus_local_response_norm_forward(&call->local, call->x, call->y, call->scratch);
}

static void local_backward(void *context) {
  norm_call *call = context;
  apus_local_response_norm_backward(&call->local, call->x, call->dy, call->dx, call->scratch);
}

static norm_call tensors(int64_t count) {
  return (norm_call){.x = bench_floats(count), .y = bench_floats(count), .dy = bench_floats(count), .dx = bench_floats(count)};
}

/* batch, positions, channels, groups */
void bench_group_norm(const bench_shape *shape) {
  const int64_t *n = shape->size, count = n[0] * n[1] * n[2];
  norm_call call = tensors(count);
  apus_error error;
  if (apus_group_norm_plan_make(&call.group, n[0], n[1], n[2], n[3], &error) != APUS_OK) {
    fprintf(stderr, "%s: %s\n", shape->name, error.text);
    return;
  }
  call.gamma = bench_floats(n[2]);
  call.beta = bench_floats(n[2]);
  call.dgamma = bench_floats(n[2]);
  call.dbeta = bench_floats(n[2]);
  call.mean = bench_floats(n[0] * n[3]);
  call.rest = bench_floats(n[0] * n[3]);
  call.inverse = bench_floats(n[0] * n[3]);
  call.scratch = bench_bytes(call.group.scratch_bytes);
  /* A sample that stays in a cache is read once: x, y; x, dy, dx. */
  bench_time(shape, "forward_relu", "", (bench_work){.bytes = 2 * 4.0 * (double)count}, group_forward, &call);
  bench_time(shape, "backward_relu", "", (bench_work){.bytes = 3 * 4.0 * (double)count}, group_backward, &call);
}

/* rows, channels, size */
void bench_local_response_norm(const bench_shape *shape) {
  const int64_t *n = shape->size, count = n[0] * n[1];
  norm_call call = tensors(count);
  apus_error error;
  if (apus_local_response_norm_plan_make(&call.local, n[0], n[1], n[2], 5e-4f, 0.75f, 2, &error) != APUS_OK) {
    fprintf(stderr, "%s: %s\n", shape->name, error.text);
    return;
  }
  call.scratch = bench_bytes(call.local.scratch_bytes);
  bench_time(shape, "forward", "", (bench_work){.bytes = 2 * 4.0 * (double)count}, local_forward, &call);
  bench_time(shape, "backward", "", (bench_work){.bytes = 3 * 4.0 * (double)count}, local_backward, &call);
}
