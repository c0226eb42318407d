#if defined(__x86_64__)
#include "runtime/simd/simd_avx512.h"

#define PROBE_CHAINS 16
#define PROBE_STREAM(p, v) _mm512_stream_ps(p, v)
#include "bench_probe.c.inc"

const bench_probe_kernels bench_probe_avx512 = PROBE_KERNELS;
#endif
