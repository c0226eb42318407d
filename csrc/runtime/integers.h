#ifndef APUS_RUNTIME_INTEGERS_H
#define APUS_RUNTIME_INTEGERS_H

/* Arithmetic of sizes. */

#include <stdint.h>

static inline int64_t apus_ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
static inline int64_t apus_min(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t apus_max(int64_t a, int64_t b) { return a > b ? a : b; }

#endif
