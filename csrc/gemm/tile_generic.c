#include "runtime/simd/simd_generic.h"

#define TILE_ROWS 4
#define TILE_VECTORS 2
#define TILE_PAIRS 0
#include "gemm/tile.c.inc"

const apus_tile_kernels apus_tile_generic = {.rows = TILE_ROWS,
                                             .columns = TILE_COLUMNS,
                                             .narrow = TILE_NARROW,
                                             .has_masks = 0,
                                             .product = product,
                                             .row = row,
                                             .finish = finish};
