#ifndef APUS_LIMITS_H
#define APUS_LIMITS_H

#include <stdint.h>

/* The largest sizes that plans take. Whatever a plan accepts can be run: within these bounds no size, distance or position that
 * an implementation computes leaves 63 bits (csrc/runtime/limits.h has the reckoning). Beyond them planning gives APUS_OVERFLOW
 * and a text with the parameter, its value and its bound. */

/* A batch, a side of an image, channels, groups; a kernel's side, a stride, a dilation, the padding on one side; a window of
 * local response normalization; the positions of a pooling window. */
#define APUS_MAX_SIZE INT64_C(2147483647) /* 2^31 − 1 */

/* A tensor: 4 TiB of float32. Of an image it counts with its padding, in convolution with the larger of its numbers of channels;
 * of a matrix with the distance between its rows. Also rows, columns and distances that have no bound of their own. */
#define APUS_MAX_ELEMENTS (INT64_C(1) << 40)

#endif
