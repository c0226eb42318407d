#include "runtime/simd_generic.h"

#include "norm/batch_norm_map.c.inc"
#include "norm/batch_norm_sums.c.inc"

const apus_batch_norm_kernels apus_batch_norm_generic = {
    .statistics = statistics,
    .apply = apply,
    .backward_sums = backward_sums,
    .backward_dx = backward_dx,
};
