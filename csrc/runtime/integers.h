#ifndef APUS_RUNTIME_INTEGERS_H
#define APUS_RUNTIME_INTEGERS_H

/* Arithmetic of sizes. */

#include <stdint.h>

static inline int64_t apus_ceil_div(int64_t a, int64_t b) { return a / b + (a % b > 0); } /* of any a: a + b may overflow */
static inline int64_t apus_min(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t apus_max(int64_t a, int64_t b) { return a > b ? a : b; }

/* At most `most` things at a time, evenly: 9 by at most 4 are 3 at a time. At least 1. */
static inline int64_t apus_even_share(int64_t count, int64_t most) {
  most = apus_max(1, apus_min(most, count));
  return apus_max(1, apus_ceil_div(count, apus_ceil_div(apus_max(count, 1), most)));
}

#endif
