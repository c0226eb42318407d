#ifndef APUS_RUNTIME_SCRATCH_H
#define APUS_RUNTIME_SCRATCH_H

#include <stddef.h>
#include <stdint.h>

/* Temporary memory is bounded however large a layer is: an implementation that would need more declines. */
#define APUS_SCRATCH_BYTES_A_THREAD ((size_t)64 << 20)

static inline int apus_scratch_fits(size_t bytes, int threads) { return bytes <= APUS_SCRATCH_BYTES_A_THREAD * (size_t)threads; }

/* Whether memory serves a plan as scratch: there if the plan asks for any, and aligned. For assertions. */
static inline int apus_is_scratch(const void *scratch, size_t bytes) {
  return bytes == 0 || (scratch && (uintptr_t)scratch % 64 == 0);
}

#endif
