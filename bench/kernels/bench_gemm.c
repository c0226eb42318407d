#include "bench_peer.h"

bench_work bench_gemm_work(const apus_gemm_plan *plan, double bytes) {
  const apus_gemm *s = &plan->shape;
  const double operations = 2.0 * (double)s->m * (double)s->n * (double)s->k;
  bench_work work = {.operations = operations, .performed = operations, .bytes = bytes};
  if (plan->implementation == APUS_GEMM_BF16) {
    work.counted = BENCH_COUNTED_BF16;
    work.most = BENCH_MOST_BF16;
  }
  return work;
}

void bench_gemm(const bench_shape *shape) {
  const apus_gemm s = call_gemm_shape(shape);
  gemm_call call = {.a = bench_floats(s.m * s.k), .b = bench_floats(s.k * s.n), .c = bench_floats(s.m * s.n)};
  const double bytes = 4.0 * (double)(s.m * s.k + s.k * s.n + s.m * s.n);
  const apus_gemm_options options = {.precision = bench_chosen.precision};
  for (int i = -1; i < APUS_GEMM_IMPLEMENTATIONS; i++) {
    if ((i < 0) == (bench_chosen.every != 0))
      continue;
    apus_status status = i < 0 ? apus_gemm_plan_make(&call.plan, &s, &options, NULL)
                               : apus_gemm_plan_force(&call.plan, &s, &options, (apus_gemm_implementation)i, NULL);
    if (status != APUS_OK)
      continue;
    call.scratch = bench_bytes(call.plan.scratch_bytes);
    bench_peer peers[BENCH_MOST_PEERS];
    int peer_count = bench_chosen.peer ? bench_peer_gemm(&s, call.a, call.b, peers) : 0;
    bench_time_against(shape,
                       s.transpose_a   ? "transposed_a"
                       : s.transpose_b ? "transposed_b"
                                       : "plain",
                       apus_gemm_implementation_name(call.plan.implementation), bench_gemm_work(&call.plan, bytes), call_gemm,
                       &call, call.c, s.m * s.n, 1e-4, peers, peer_count);
    bench_peer_free_all();
  }
}
