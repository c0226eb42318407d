#ifndef APUS_BENCH_PROBE_H
#define APUS_BENCH_PROBE_H

#include <stdint.h>

/* What the machine can do at best, on the tier and the threads in use: the yardsticks that a kernel's rate is divided by. */

/* Best rate of multiply-adds in registers, in GFLOP/s, on this tier and this number of threads: of BENCH_BURSTS further bursts
 * of about a millisecond and of all before. `now`: the rates of these bursts. */
enum { BENCH_BURSTS = 5 };
double bench_peak_gflops(double now[BENCH_BURSTS]);

/* Best rate of copying arrays of at least four times the last cache, in bytes read and written a second · 1e-9: that of
 * `rounds` copies with plain stores and as many with stores past the caches. Nothing is remembered: memory has fast and slow
 * minutes. */
double bench_copy_gbytes(int rounds);

/* ---- one tier's loops (bench_probe.c.inc) ----------------------------------------------------------------------- */

typedef struct bench_probe_kernels {
  int operations; /* of one step of `multiply_add` */
  float (*multiply_add)(int64_t steps, const float *start);
  void (*copy)(const float *from, float *to, int64_t count);
  void (*copy_past_caches)(const float *from, float *to, int64_t count); /* NULL where the tier has no such stores */
} bench_probe_kernels;

extern const bench_probe_kernels bench_probe_generic;
#if defined(__x86_64__)
extern const bench_probe_kernels bench_probe_avx2, bench_probe_avx512;
#elif defined(__aarch64__)
extern const bench_probe_kernels bench_probe_neon;
#endif

#endif
