#if defined(__aarch64__)
#include "runtime/simd/simd_neon.h"

/* 21 sums, 3 of the panel, 7 of A, which gcc loads all before it multiplies: 8 rows go through the stack. */
#define TILE_ROWS 7
#define TILE_VECTORS 3
#define TILE_PAIRS 0
#include "gemm/tile.c.inc"

const apus_tile_kernels apus_tile_neon = {.rows = TILE_ROWS,
                                          .columns = TILE_COLUMNS,
                                          .narrow = TILE_NARROW,
                                          .has_masks = 0,
                                          .product = product,
                                          .row = row,
                                          .finish = finish};
#endif
