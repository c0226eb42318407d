#if defined(__aarch64__)
#include "runtime/simd/simd_neon.h"

#include "norm/group/group_norm.c.inc"

const apus_group_norm_kernels apus_group_norm_neon = {
    .center = row_center,
    .statistics = row_statistics,
    .share_center = groups_share_center,
    .merge = groups_merge,
    .gradient_numbers = groups_gradient_numbers,
    .row_apply = row_apply,
    .row_sums = row_sums,
    .row_dx = row_dx,
};
#endif
