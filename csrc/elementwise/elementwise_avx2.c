#if defined(__x86_64__)
#include "runtime/simd/simd_avx2.h"

#include "elementwise/binary.c.inc"
#include "elementwise/map.c.inc"
#include "elementwise/reduce.c.inc"

const apus_elementwise_kernels apus_elementwise_avx2 = {
    .unary = unary,
    .scale = scale,
    .select = select_by_mask,
    .all_finite = all_finite,
    .dropout = dropout,
    .binary = binary,
    .compare = compare,
    .reduce_row = reduce_row,
    .reduce_columns = reduce_columns,
};
#endif
