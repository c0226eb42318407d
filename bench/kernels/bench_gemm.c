#include "bench_peer.h"

typedef struct gemm_call {
  apus_gemm_plan plan;
  const float *a, *b;
  float *c;
  void *scratch;
} gemm_call;

static void run(void *context) {
  gemm_call *call = context;
  apus_gemm_run(&call->plan, call->a, call->b, NULL, APUS_ACTIVATION_NONE, call->c, call->scratch);
}

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

/* m, n, k, whether A and B are transposed */
void bench_gemm(const bench_shape *shape) {
  const int64_t *n = shape->size;
  int ta = n[3] != 0, tb = n[4] != 0;
  apus_gemm s = {.m = n[0],
                 .n = n[1],
                 .k = n[2],
                 .lda = ta ? n[0] : n[2],
                 .ldb = tb ? n[2] : n[1],
                 .ldc = n[1],
                 .transpose_a = ta,
                 .transpose_b = tb};
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
                       ta   ? "transposed_a"
                       : tb ? "transposed_b"
                            : "plain",
                       apus_gemm_implementation_name(call.plan.implementation), bench_gemm_work(&call.plan, bytes), run, &call,
                       call.c, s.m * s.n, 1e-4, peers, peer_count);
    bench_peer_free_all();
  }
}
