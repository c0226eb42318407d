#if defined(__x86_64__)
#include "runtime/simd/simd_avx2.h"

#define PROBE_CHAINS 12
#define PROBE_STREAM(p, v) _mm256_stream_ps(p, v)
#include "bench_probe.c.inc"

const bench_probe_kernels bench_probe_avx2 = PROBE_KERNELS;
#endif
