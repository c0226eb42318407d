#include "runtime/simd_generic.h"

#include "norm/group_norm.c.inc"

const apus_group_norm_kernels apus_group_norm_generic = {
    .statistics = row_statistics,
    .merge = groups_merge,
    .weigh = groups_weigh,
    .row_apply = row_apply,
    .row_sums = row_sums,
    .row_dx = row_dx,
};
