#ifndef APUS_RUNTIME_LIMITS_H
#define APUS_RUNTIME_LIMITS_H

/* The one place where plans bound their parameters (apus/limits.h).
 *
 * Why nothing overflows behind it, S = 2^31 − 1 and E = 2^40:
 *   - a padded side is at most 3·S, a kernel's extent dilation·(kernel − 1) + 1 at most S², so the place of a tap, its distance
 *     to the image and the sums of these stay below 2^63;
 *   - windows fit into the padded side (apus_count_windows), and plans cut strides to it and the dilation of a single tap to 1
 *     (apus_cut_stride, apus_cut_dilation), which changes no result. So a step of any of them, in elements, is at most what the
 *     padded image has: E. The same holds of dy, whose sides are no longer than those, with the larger of the channels;
 *   - what is added up for blocks, panels and threads rounds such numbers up to at most 256 threads times 64 lanes: 2^54. */

#include "apus/limits.h"
#include "apus/status.h"
#include "runtime/integers.h"

typedef struct apus_size {
  const char *name;
  int64_t value, least;
} apus_size;

/* Each size is in least ... most: below is APUS_INVALID_ARGUMENT, above APUS_OVERFLOW, with "operation: name is value, must be at
 * …". */
apus_status apus_check_sizes(const char *operation, const apus_size *sizes, int count, int64_t most, apus_error *error);

/* The product of sizes (at least 0 each) is at most APUS_MAX_ELEMENTS. `what` names the tensor: "x with its padding". */
apus_status apus_check_elements(const char *operation, const char *what, const int64_t *sizes, int count, apus_error *error);

/* One side of an image and the windows on it, all within the bounds. A window spans dilation·(kernel − 1) + 1. */
typedef struct apus_side {
  int64_t padded, kernel, dilation, stride;
} apus_side;

/* The windows down and across: (padded − span) / stride + 1, so at least 1. APUS_INVALID_ARGUMENT and a text with both sizes
 * where a window is larger than the padded image. The one place that counts outputs. */
apus_status apus_count_windows(const char *operation, apus_side h, apus_side w, int64_t *out_h, int64_t *out_w,
                               apus_error *error);

/* With a stride beyond the padded side there is one window, as with a stride of that side. */
static inline int64_t apus_cut_stride(int64_t stride, int64_t padded) { return apus_min(stride, padded); }

/* One tap has no distance; several lie within the padded side, where a window fits. */
static inline int64_t apus_cut_dilation(int64_t dilation, int64_t kernel) { return kernel == 1 ? 1 : dilation; }

#endif
