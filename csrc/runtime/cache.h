#ifndef APUS_RUNTIME_CACHE_H
#define APUS_RUNTIME_CACHE_H

#include <stdint.h>

/* Bytes of the largest cache of a CPU, as the system tells; 32 MB where it does not. */
int64_t apus_last_cache_bytes(void);

/* 1 where an operation that moves so many bytes should write its output past the caches (vf_stream): then lines need not be read
 * before they are written, and nothing of it would be found in a cache afterwards anyway. Below, streaming loses: the next
 * operation finds its input in the cache. */
static inline int apus_past_caches(int64_t bytes) { return bytes > apus_last_cache_bytes(); }

/* The same for operations whose input and output differ in size, convolution and pooling: from three quarters of the cache on,
 * since it is not empty, and shared. Where an input of 26 MB lies in 32, an output of 6 MB that is streamed leaves it there. */
static inline int apus_fills_caches(int64_t bytes) { return apus_past_caches(bytes / 3 * 4); }

/* Asks for `bytes` bytes that lie `away` bytes from p, which may be behind the tensor. Worth it from memory only. Two streams
 * that are read side by side are asked for in turn in bursts of 256 bytes, 2 to 4 KB ahead, in the order in which they lie: on
 * two cores of a Zen 5 batch norm's backward then runs at 75 to 100 GB/s where copying does at 100, and at 45 to 50 by the
 * processor's own prefetching. Bursts of 1 KB, or of rows 1 KB apart, are a third slower (measured 2026-11-25). */
static inline void apus_prefetch(const void *p, int64_t away, int64_t bytes) {
  const uintptr_t first = (uintptr_t)p + (uintptr_t)away;
  for (int64_t at = 0; at < bytes; at += 64)
    __builtin_prefetch((const void *)(first + (uintptr_t)at), 0, 3);
}

/* The same into the second cache and no nearer. Batch norm's backward pass is faster by it than by apus_prefetch: the sums of
 * 131072×256 took 19 to 21 ms where they took 24 to 27, dx 20 to 22 where it took 22 to 25 (one thread, Zen 4, 2026-11-29). Its
 * forward pass is not. */
static inline void apus_prefetch_outer(const void *p, int64_t away, int64_t bytes) {
  const uintptr_t first = (uintptr_t)p + (uintptr_t)away;
  for (int64_t at = 0; at < bytes; at += 64)
    __builtin_prefetch((const void *)(first + (uintptr_t)at), 0, 2);
}

#endif
