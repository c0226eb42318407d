#ifndef APUS_EMBEDDING_H
#define APUS_EMBEDDING_H

#include <stddef.h>
#include <stdint.h>

/* Maps of points of many numbers in the plane: t-SNE's distances, affinities and forces. L. van der Maaten and G. Hinton,
 * "Visualizing Data using t-SNE", JMLR 9, 2008; L. van der Maaten, "Accelerating t-SNE using Tree-Based Algorithms", JMLR 15,
 * 2014.
 *
 * Points are columns: x [size, count], a map [2, count]. Every point's sums are made by one thread in an order that the points
 * alone decide. */

#ifdef __cplusplus
extern "C" {
#endif

/* squares [rows, count]: squares[r, j] = Σ_d (x[d, first + r] − x[d, j])². */
void apus_squared_distances_f32(int64_t count, int64_t size, const float *x, int64_t first, int64_t rows, float *squares);

/* The `nearest` < count points that lie nearest to each, itself left out, the nearest first and of equally near ones the first:
 * neighbors and squares [count, nearest]. A NaN is farther than any number. count < 2^31; at most `threads` threads; scratch:
 * apus_nearest_scratch bytes for as many, 64-byte aligned. */
size_t apus_nearest_scratch(int64_t count, int threads);
void apus_nearest_f32(int64_t count, int64_t size, const float *x, int64_t nearest, int32_t *neighbors, float *squares,
                      int threads, void *scratch);

/* p[r, j] = exp(−β squares[r, j]) / Σ_k exp(−β squares[r, k]), with a β for each row such that the perplexity exp(−Σ p log p) is
 * the one asked for, to 1e-6 of it. In double; p may be `squares`. An infinite square has p = 0. Where more points than
 * `perplexity` are equally near and the nearest, they share p, and their number is the perplexity. */
void apus_affinities_f32(int64_t rows, int64_t count, const float *squares, double perplexity, float *p);

/* With q[i, j] = 1 / (1 + |map i − map j|²), over all j other than i:
 *
 *   attraction [2, count]  Σ_j p[i, j] q[i, j] (map i − map j)        mass [count]  Σ_j q[i, j]
 *   repulsion  [2, count]  Σ_j q[i, j]² (map i − map j)               logs [count]  −Σ_j p[i, j] log q[i, j]; may be NULL
 *
 * With Z = Σ mass the gradient of KL(P ‖ Q), Q = q / Z, is 4 (attraction − repulsion / Z) for symmetric p whose sum is 1, and the
 * divergence itself Σ p log p + Σ logs + log Z. p [count, count]. */
void apus_map_forces_f32(int64_t count, const float *map, const float *p, float *attraction, float *repulsion, float *mass,
                         float *logs);

/* attraction and logs of p that is there for some pairs alone: those of point i, starts[i] ..< starts[i + 1] of neighbors and p.
 * starts [count + 1]. */
void apus_map_attraction_f32(int64_t count, const float *map, const int64_t *starts, const int32_t *neighbors, const float *p,
                             float *attraction, float *logs);

/* repulsion and mass by Barnes & Hut's quadtree: the points of a cell whose side is below `angle` times its distance count as
 * one at their center. 0 <= angle < 1/√2, below which no point's own cell is so far; 0: every pair. count < 2^30, map finite;
 * scratch: apus_map_repulsion_scratch bytes, 64-byte aligned. */
size_t apus_map_repulsion_scratch(int64_t count);
void apus_map_repulsion_f32(int64_t count, const float *map, double angle, float *repulsion, float *mass, void *scratch);

#ifdef __cplusplus
}
#endif
#endif
