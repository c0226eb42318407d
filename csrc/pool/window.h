#ifndef APUS_POOL_WINDOW_H
#define APUS_POOL_WINDOW_H

#include <stdint.h>

#include "runtime/cache.h"

static inline int64_t pool_max(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t pool_min(int64_t a, int64_t b) { return a < b ? a : b; }

/* Along one axis: a window's corner in the image (it may lie in the padding) and its positions [first, last) inside the image. */
typedef struct pool_window {
  int64_t corner, first, last;
} pool_window;

static inline pool_window pool_window_at(int64_t index, int64_t stride, int64_t pad, int64_t kernel, int64_t size) {
  int64_t corner = index * stride - pad;
  return (pool_window){corner, pool_max(0, -corner), pool_min(kernel, size - corner)};
}

typedef struct pool_range {
  int64_t first, last;
} pool_range;

/* The windows [first, last) that cover a position of the image. */
static inline pool_range pool_windows_over(int64_t position, int64_t stride, int64_t pad, int64_t kernel, int64_t outputs) {
  int64_t past = position + pad - kernel; /* the corner of the nearest window that ends before the position, counted from -pad */
  return (pool_range){past < 0 ? 0 : past / stride + 1, pool_min(outputs, (position + pad) / stride + 1)};
}

/* The windows [first, last) that lie inside the image whole; none where first >= last. */
static inline pool_range pool_windows_inside(int64_t stride, int64_t pad, int64_t kernel, int64_t size, int64_t outputs) {
  int64_t room = size + pad - kernel;
  return (pool_range){(pad + stride - 1) / stride, room < 0 ? 0 : pool_min(outputs, room / stride + 1)};
}

/* `rows` rows of `bytes` bytes, row_bytes apart, `away` bytes from a place in a tensor, into the second-level cache: what the
 * next row of windows is the first to read. Worth it from memory only, where the processor's own prefetching ends with each page;
 * the place may lie behind the tensor. */
static inline void pool_prefetch(const void *from, int64_t away, int64_t row_bytes, int64_t rows, int64_t bytes) {
  const uintptr_t first = (uintptr_t)from + (uintptr_t)away;
  for (int64_t r = 0; r < rows; r++)
    for (int64_t at = 0; at < bytes; at += 64)
      __builtin_prefetch((const void *)(first + (uintptr_t)(r * row_bytes + at)), 0, 2);
}

/* What a window leads to, `bytes` from one to the next in each of stride_h rows of row_bytes: windows that share rows ask for
 * those of the next row of windows; small ones that share none for the same rows 4 KB on (Zen 5, 2026-11-25: 3x3 with stride 2 is
 * a third faster the one way, average pooling 2x2 by a fifth the other way). */
static inline void pool_ask(const float *corner, int64_t kernel_h, int64_t stride_h, int64_t row_bytes, int64_t bytes) {
  if (stride_h >= kernel_h && bytes <= 1024)
    for (int64_t r = 0; r < kernel_h; r++)
      apus_prefetch(corner, r * row_bytes + 4096, bytes);
  else
    pool_prefetch(corner, kernel_h * row_bytes, row_bytes, stride_h, bytes);
}

#endif
