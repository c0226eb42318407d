#include "runtime/simd/simd_generic.h"

#if defined(__x86_64__)
#include <xmmintrin.h>
#define PROBE_STREAM(p, v) _mm_stream_ps(p, (__m128)(v))
#endif
#define PROBE_CHAINS 12
#include "bench_probe.c.inc"

const bench_probe_kernels bench_probe_generic = PROBE_KERNELS;
