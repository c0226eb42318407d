#ifndef APUS_GRID_SAMPLE_H
#define APUS_GRID_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

/* Images read at places of a grid: x [batch, height, width, channels], grid [batch, rows, columns, 2], y [batch, rows, columns,
 * channels]. A place is (horizontal, vertical), −1 at the left or upper edge and 1 at the other one; an edge is the outer border
 * of the pixels, with `align_corners` their centers. Bilinear: y is the sum over the four pixels around the place, by their
 * distances; nearest: the pixel, halves to the even one. Jaderberg et al. 2015; the conventions are PyTorch's.
 *
 * Outside of the image pixels are 0; with `border` the place is moved to the nearest pixel first. A place that is no number is
 * outside, with `border` at 0. */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct apus_grid_sample {
  int64_t batch, height, width, channels, rows, columns;
  int nearest, border, align_corners;
} apus_grid_sample;

/* y is no part of x or grid. */
void apus_grid_sample_f32(const apus_grid_sample *shape, const float *x, const float *grid, float *y);
void apus_grid_sample_f64(const apus_grid_sample *shape, const double *x, const double *grid, double *y);

/* dx += the gradient of x. Each element's sum is one chain in the order of the grid, whatever the number of threads. */
void apus_grid_sample_backward_data_f32(const apus_grid_sample *shape, const float *dy, const float *grid, float *dx);
void apus_grid_sample_backward_data_f64(const apus_grid_sample *shape, const double *dy, const double *grid, double *dx);

/* The gradient of the grid: 0 for `nearest`, and where `border` has moved a place. */
void apus_grid_sample_backward_grid_f32(const apus_grid_sample *shape, const float *x, const float *dy, const float *grid,
                                        float *dgrid);
void apus_grid_sample_backward_grid_f64(const apus_grid_sample *shape, const double *x, const double *dy, const double *grid,
                                        double *dgrid);

#ifdef __cplusplus
}
#endif
#endif
