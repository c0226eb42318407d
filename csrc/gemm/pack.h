#ifndef APUS_GEMM_PACK_H
#define APUS_GEMM_PACK_H

#include <stdint.h>

/* Copies into the layouts that the micro-kernel reads as one stream. Columns beyond the matrix are written as zeros. */

/* panel [k][width] from b [k][≥ columns], rows `stride` apart. */
void apus_pack_panel(const float *b, int64_t stride, int64_t k, int64_t columns, int64_t width, float *panel);
/* panel [k][width] from the transposed b [columns][≥ k]. */
void apus_pack_panel_transposed(const float *b, int64_t stride, int64_t k, int64_t columns, int64_t width, float *panel);
/* to [columns][≥ rows] from the rows [rows][≥ columns]; nothing else is written. */
void apus_transpose(const float *from, int64_t from_stride, int64_t rows, int64_t columns, float *to, int64_t to_stride);
/* rows [rows][≥ k], `to_stride` apart, from a [rows][≥ k]. */
void apus_pack_rows(const float *a, int64_t stride, int64_t rows, int64_t k, float *to, int64_t to_stride);
/* tiles [rows / height][k][height] from the transposed a [k][≥ rows]; the last tile's missing rows are not written. */
void apus_pack_tiles(const float *a, int64_t stride, int64_t k, int64_t rows, int64_t height, float *tiles);

#endif
