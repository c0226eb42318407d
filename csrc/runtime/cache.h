#ifndef APUS_RUNTIME_CACHE_H
#define APUS_RUNTIME_CACHE_H

#include <stdint.h>

#include "apus/runtime.h"

/* 1 where an operation that moves so many bytes should write its output past the caches (vf_stream): then lines need not be read
 * before they are written, and nothing of it would be found in a cache afterwards anyway. Below, streaming loses: the next
 * operation finds its input in the cache. */
static inline int apus_past_caches(int64_t bytes) { return bytes > apus_last_cache_bytes(); }

#endif
