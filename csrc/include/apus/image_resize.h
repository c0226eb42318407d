#ifndef APUS_IMAGE_RESIZE_H
#define APUS_IMAGE_RESIZE_H

#include <stddef.h>
#include <stdint.h>

#include "apus/status.h"

/* Images of bytes scaled along both axes by tables of taps, as decoders and data sets need it:
 *
 *   row[i, p, c] = Σ_{t < across.taps} across.weights[p·taps + t] · x[i, across.first[p] + t, c]
 *   y[o, p, c] = byte(Σ_{s < down.taps} down.weights[o·taps + s] · row[down.first[o] + s, p, c])
 *
 * in float32, each product and each sum rounded, in the order of the taps; byte(v) is v within 0 … 255 rounded to the nearest
 * whole number, halves up. Every instruction set gives the same bytes. On the calling thread: images are many, and each thread
 * takes its own. */

#ifdef __cplusplus
extern "C" {
#endif

/* Of one axis, `size` outputs: where the taps of each begin, and [size, taps] weights; those that an output does not need are
 * 0. */
typedef struct apus_taps {
  int64_t size, taps;
  const int64_t *first;
  const float *weights;
} apus_taps;

/* x [height, width, channels], its rows `stride` bytes apart; y [down.size, across.size, channels] without gaps. */
typedef struct apus_image_resize {
  int64_t height, width, stride;
  int channels; /* 1 … 4 */
  apus_taps down, across;
} apus_image_resize;

/* Sizes and taps of at least 1, every tap inside x, down.first from small to large, and fewer than 2^40 elements of anything. The
 * text names what does not hold. */
apus_status apus_image_resize_check(const apus_image_resize *shape, apus_error *error);

/* Bytes of scratch, aligned to 64, of a shape that was checked. */
size_t apus_image_resize_scratch(const apus_image_resize *shape);

/* y is no part of x. */
void apus_image_resize_run(const apus_image_resize *shape, const uint8_t *x, uint8_t *y, void *scratch);

#ifdef __cplusplus
}
#endif
#endif
