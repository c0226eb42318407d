#include "bench_probe.h"

#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "runtime/cache.h"

static const bench_probe_kernels *kernels_in_use(void) {
  static const bench_probe_kernels *const tiers[APUS_ISA_COUNT] = {
    [APUS_ISA_GENERIC] = &bench_probe_generic,
#if defined(__x86_64__)
    [APUS_ISA_AVX2] = &bench_probe_avx2,
    [APUS_ISA_AVX512] = &bench_probe_avx512,
#elif defined(__aarch64__)
    [APUS_ISA_NEON] = &bench_probe_neon,
#endif
  };
  const bench_probe_kernels *kernels = tiers[apus_isa_current()];
  return kernels ? kernels : &bench_probe_generic; /* the reference tier */
}

/* ---- arithmetic ------------------------------------------------------------------------------------------------- */

enum { MOST_START = 32 * 16 };

typedef struct burst {
  const bench_probe_kernels *kernels;
  int64_t steps;
  float start[MOST_START], result[APUS_MAX_THREADS];
} burst;

static void burst_on_thread(void *context, int64_t begin, int64_t end, int slot) {
  burst *b = context;
  for (int64_t i = begin; i < end; i++)
    b->result[slot] = b->kernels->multiply_add(b->steps, b->start);
}

static double burst_seconds(burst *b) {
  double start = bench_now();
  apus_parallel_for(apus_thread_count(), 1, burst_on_thread, b);
  return bench_now() - start;
}

/* For this tier and number of threads: bursts of a millisecond. */
static void calibrate(burst *b) {
  enum { TRIES = 20 }; /* the first wakes the threads and the wide units; others may be disturbed */
  b->kernels = kernels_in_use();
  b->steps = 20000;
  for (int i = 0; i < MOST_START; i++)
    b->start[i] = 0.5f + (float)i / (4 * MOST_START);
  double quickest = burst_seconds(b);
  for (int i = 0; i < TRIES; i++) {
    double seconds = burst_seconds(b);
    quickest = seconds < quickest ? seconds : quickest;
  }
  b->steps = (int64_t)((double)b->steps * 1e-3 / quickest) + 1;
}

double bench_peak_gflops(double now[BENCH_BURSTS]) {
  static double best;
  static int threads;
  static burst b;
  if (b.kernels != kernels_in_use() || threads != apus_thread_count()) {
    best = 0;
    threads = apus_thread_count();
    calibrate(&b);
  }
  for (int i = 0; i < BENCH_BURSTS; i++) {
    double seconds = burst_seconds(&b);
    /* Too short: other work ran while it was calibrated, and the cost of starting threads would count as arithmetic. */
    while (seconds < 0.5e-3) {
      b.steps *= 2;
      seconds = burst_seconds(&b);
    }
    now[i] = (double)threads * (double)b.steps * b.kernels->operations / seconds * 1e-9;
    best = now[i] > best ? now[i] : best;
  }
  return best;
}

/* ---- memory ----------------------------------------------------------------------------------------------------- */

typedef struct transfer {
  void (*copy)(const float *from, float *to, int64_t count);
  float *from, *to;
} transfer;

enum { PIECE = 4096 }; /* floats */

static void copy_on_thread(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const transfer *t = context;
  t->copy(t->from + begin * PIECE, t->to + begin * PIECE, (end - begin) * PIECE);
}

static void fill_on_thread(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const transfer *t = context;
  for (int64_t i = begin * PIECE; i < end * PIECE; i++)
    t->from[i] = t->to[i] = (float)i;
}

double bench_copy_gbytes(int rounds) {
  static transfer t;
  static int64_t pieces;
  if (pieces == 0) {
    pieces = 4 * apus_last_cache_bytes() / (int64_t)(PIECE * sizeof(float));
    t.from = apus_alloc((size_t)pieces * PIECE * sizeof(float));
    t.to = apus_alloc((size_t)pieces * PIECE * sizeof(float));
    if (!t.from || !t.to) {
      fprintf(stderr, "apus-bench: out of memory\n");
      exit(2);
    }
    apus_parallel_for(pieces, 1, fill_on_thread, &t);
  }
  const bench_probe_kernels *kernels = kernels_in_use();
  const double gbytes = 2.0 * (double)pieces * PIECE * sizeof(float) * 1e-9;
  double best = 0;
  for (int i = 0; i < 2 * rounds; i++) {
    t.copy = i % 2 ? kernels->copy_past_caches : kernels->copy;
    if (!t.copy)
      continue;
    double start = bench_now();
    apus_parallel_for(pieces, 1, copy_on_thread, &t);
    double rate = gbytes / (bench_now() - start);
    best = rate > best ? rate : best;
  }
  return best;
}
