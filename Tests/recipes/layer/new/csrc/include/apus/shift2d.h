#ifndef APUS_SHIFT2D_H
#define APUS_SHIFT2D_H

#include <stdint.h>

/* Channels moved by a pixel: x and y [batch, height, width, channels]. The channels fall into nine groups, of which channel c is
 * in the one with number g = 9·c / channels, rounded down: y[n, h, w, c] = x[n, h + g/3 − 1, w + g mod 3 − 1, c], 0 outside of
 * the image Wu et al. 2018, "Shift: A zero FLOP, zero parameter alternative to spatial convolutions". */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct apus_shift2d {
  int64_t batch, height, width, channels;
  int backward; /* the other way: dx from dy */
} apus_shift2d;

/* y is other memory than x. */
void apus_shift2d_f32(const apus_shift2d *shape, const float *x, float *y);
void apus_shift2d_f64(const apus_shift2d *shape, const double *x, double *y);

#ifdef __cplusplus
}
#endif
#endif
