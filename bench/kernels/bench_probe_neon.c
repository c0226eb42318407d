#if defined(__aarch64__)
#include "runtime/simd/simd_neon.h"

#define PROBE_CHAINS 16
#include "bench_probe.c.inc"

const bench_probe_kernels bench_probe_neon = PROBE_KERNELS;
#endif
