#ifndef APUS_RUNTIME_STREAM_H
#define APUS_RUNTIME_STREAM_H

/* Stores that may go past the caches; after one tier's SIMD header. */

#include <stdint.h>

/* stream: a constant; p is aligned to the vector then. */
SIMD_INLINE void vf_write(const int stream, float *p, vf v) {
  if (stream)
    vf_stream(p, v);
  else
    vf_store(p, v);
}

/* Rows of `width` floats at p can be streamed. */
static inline int simd_rows_aligned(const float *p, int64_t width) {
  return p && (uintptr_t)p % (SIMD_LANES * sizeof(float)) == 0 && width % SIMD_LANES == 0;
}

/* Floats before the first vector boundary at or behind p, at most `count`. */
static inline int64_t simd_head(const float *p, int64_t count) {
  const int64_t head = (int64_t)(-(uintptr_t)p / sizeof(float) % SIMD_LANES);
  return head < count ? head : count;
}

#endif
