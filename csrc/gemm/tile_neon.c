#if defined(__aarch64__)
#include "runtime/simd_neon.h"

#define TILE_ROWS 8
#define TILE_VECTORS 3
#define TILE_PAIRS 0
#include "gemm/tile.c.inc"

const apus_tile_kernels apus_tile_neon = {
    .rows = TILE_ROWS, .columns = TILE_COLUMNS, .narrow = TILE_NARROW, .has_masks = 0, .product = product, .finish = finish};
#endif
