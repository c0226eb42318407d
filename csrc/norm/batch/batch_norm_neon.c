#if defined(__aarch64__)
#include "runtime/simd/simd_neon.h"

#include "norm/batch/batch_norm_map.c.inc"
#include "norm/batch/batch_norm_sums.c.inc"

const apus_batch_norm_kernels apus_batch_norm_neon = {
    .center = center,
    .statistics = statistics,
    .finish = finish,
    .apply = apply,
    .backward_sums = backward_sums,
    .gradient_numbers = gradient_numbers,
    .backward_dx = backward_dx,
};
#endif
