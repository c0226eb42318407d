#ifndef APUS_RUNTIME_SCRATCH_H
#define APUS_RUNTIME_SCRATCH_H

#include <stddef.h>

/* Temporary memory is bounded however large a layer is: an implementation that would need more declines. */
#define APUS_SCRATCH_BYTES_A_THREAD ((size_t)64 << 20)

static inline int apus_scratch_fits(size_t bytes, int threads) { return bytes <= APUS_SCRATCH_BYTES_A_THREAD * (size_t)threads; }

#endif
