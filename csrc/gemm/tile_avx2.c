#if defined(__x86_64__)
#include "runtime/simd/simd_avx2.h"

#define TILE_ROWS 6
#define TILE_VECTORS 2
#define TILE_PAIRS 1
#include "gemm/tile.c.inc"

const apus_tile_kernels apus_tile_avx2 = {.rows = TILE_ROWS,
                                          .columns = TILE_COLUMNS,
                                          .narrow = TILE_NARROW,
                                          .has_masks = 1,
                                          .product = product,
                                          .row = row,
                                          .finish = finish};
#endif
