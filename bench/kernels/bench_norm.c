/* Normalizations: what memory's bandwidth limits, or for LRN's square roots nearly. */
#include "bench_peer.h"

#include <stdio.h>

#define EPSILON 1e-5

static void time_against(const bench_shape *shape, const char *pass, double bytes, bench_body body, batch_norm_call *call,
                         int backward) {
  bench_peer peers[BENCH_MOST_PEERS];
  const int64_t rows = call->plan.rows, channels = call->plan.channels;
  const int peer_count =
      bench_chosen.peer ? bench_peer_batch_norm(rows, channels, (float)EPSILON, backward, call->x, call->dy, peers) : 0;
  bench_time_against(shape, pass, "", (bench_work){.bytes = bytes}, body, call, call->out, rows * channels, 1e-4, peers,
                     peer_count);
  bench_peer_free_all();
}

/* rows, channels */
void bench_batch_norm(const bench_shape *shape) {
  const int64_t rows = shape->size[0], channels = shape->size[1], count = rows * channels;
  batch_norm_call call = {.epsilon = EPSILON, .activation = APUS_ACTIVATION_RELU};
  apus_error error;
  if (apus_batch_norm_plan_make(&call.plan, rows, channels, &error) != APUS_OK) {
    fprintf(stderr, "%s: %s\n", shape->name, error.text);
    return;
  }
  call.x = bench_floats(count);
  call.dy = bench_floats(count);
  call.mean = call.out_mean = bench_floats(channels);
  call.rest = call.out_rest = bench_floats(channels);
  call.out_variance = bench_floats(channels);
  call.inverse = call.out_inverse = bench_floats(channels);
  call.scale = call.out_scale = bench_floats(channels);
  call.shift = call.out_shift = bench_floats(channels);
  call.dgamma = bench_floats(channels);
  call.dbeta = bench_floats(channels);
  call.scratch = bench_bytes(call.plan.scratch_bytes);
  float *y = bench_floats(count), *dx = bench_floats(count);
  const double bytes = 4.0 * (double)count;
  bench_time(shape, "statistics", "", (bench_work){.bytes = bytes}, call_batch_norm_statistics, &call);
  call.out = y;
  time_against(shape, "forward_relu", 3 * bytes, call_batch_norm_forward, &call, 0); /* x twice; y */
  bench_time(shape, "apply_relu", "", (bench_work){.bytes = 2 * bytes}, call_batch_norm_apply, &call);
  call.out = dx;
  time_against(shape, "backward_relu", 5 * bytes, call_batch_norm_backward, &call, 1); /* x and dy twice; dx */
}

/* batch, positions, channels, groups */
void bench_group_norm(const bench_shape *shape) {
  const int64_t *n = shape->size, count = n[0] * n[1] * n[2], groups = n[0] * n[3];
  group_norm_call call = {.epsilon = EPSILON, .activation = APUS_ACTIVATION_RELU};
  apus_error error;
  if (apus_group_norm_plan_make(&call.plan, n[0], n[1], n[2], n[3], &error) != APUS_OK) {
    fprintf(stderr, "%s: %s\n", shape->name, error.text);
    return;
  }
  call.x = bench_floats(count);
  call.dy = bench_floats(count);
  call.gamma = bench_floats(n[2]);
  call.beta = bench_floats(n[2]);
  call.dgamma = bench_floats(n[2]);
  call.dbeta = bench_floats(n[2]);
  call.mean = call.out_mean = bench_floats(groups);
  call.rest = call.out_rest = bench_floats(groups);
  call.inverse = call.out_inverse = bench_floats(groups);
  call.scratch = bench_bytes(call.plan.scratch_bytes);
  float *y = bench_floats(count), *dx = bench_floats(count);
  /* A sample that stays in a cache is read once: x, y; x, dy, dx. */
  call.out = y;
  bench_time(shape, "forward_relu", "", (bench_work){.bytes = 2 * 4.0 * (double)count}, call_group_norm_forward, &call);
  call.out = dx;
  bench_time(shape, "backward_relu", "", (bench_work){.bytes = 3 * 4.0 * (double)count}, call_group_norm_backward, &call);
}

void bench_local_response_norm(const bench_shape *shape) {
  const int64_t count = shape->size[0] * shape->size[1];
  local_response_norm_call call;
  apus_error error;
  if (call_local_response_norm_plan(&call, shape, &error) != APUS_OK) {
    fprintf(stderr, "%s: %s\n", shape->name, error.text);
    return;
  }
  call.x = bench_floats(count);
  call.dy = bench_floats(count);
  call.out = bench_floats(count);
  call.scratch = bench_bytes(call.plan.scratch_bytes);
  bench_time(shape, "forward", "", (bench_work){.bytes = 2 * 4.0 * (double)count}, call_local_response_norm_forward, &call);
  bench_time(shape, "backward", "", (bench_work){.bytes = 3 * 4.0 * (double)count}, call_local_response_norm_backward, &call);
}
