#ifndef APUS_GRADIENT_H
#define APUS_GRADIENT_H

#include <stddef.h>
#include <stdint.h>

/* Norms of gradients, and what is done to gradients before an optimizer's step. */

#ifdef __cplusplus
extern "C" {
#endif

/* One gradient of `count` elements. */
typedef struct apus_gradient_item {
  int64_t count;
  float *gradient;
} apus_gradient_item;

/* sums[k] = Σ gradient², of every item in one pass. Elements are summed in chunks fixed by the counts: a few hundred in float,
 * those sums in double. A sum is infinite or NaN exactly where an element is (large ones are summed anew in double); squares
 * below the smallest float may count as 0. scratch: apus_gradient_squares_scratch bytes, aligned to 8. */
size_t apus_gradient_squares_scratch(int64_t items, const apus_gradient_item *item);
void apus_gradient_squares(int64_t items, const apus_gradient_item *item, void *scratch, double *sums);

/* gradient = gradient·factor, of every item in one pass. */
void apus_gradient_scale(int64_t items, const apus_gradient_item *item, float factor);

/* gradient = min(limit, max(−limit, gradient)), limit >= 0; a NaN stays. Of every item in one pass. */
void apus_gradient_clip(int64_t items, const apus_gradient_item *item, float limit);

/* Adaptive gradient clipping (Brock et al. 2021, equation 3) of one parameter, value and gradient [rows][columns]: a unit is a
 * column, as in filters [KH][KW][Cin][Cout] and matrices [in][out]; a vector is one unit, columns = 1. For each column c
 *   limit = clipping·max(‖value[·][c]‖, floor)
 *   gradient[·][c] = ‖gradient[·][c]‖ > limit ? gradient[·][c]·limit / max(‖gradient[·][c]‖, 1e-6) : gradient[·][c]
 * Norms above 2⁶³ count as infinite. scratch: apus_gradient_clip_units_scratch bytes, aligned to 64. */
size_t apus_gradient_clip_units_scratch(int64_t rows, int64_t columns);
void apus_gradient_clip_units(int64_t rows, int64_t columns, const float *value, float *gradient, float clipping, float floor,
                              void *scratch);

#ifdef __cplusplus
}
#endif
#endif
