#ifndef APUS_POOL_KERNELS_H
#define APUS_POOL_KERNELS_H

#include "apus/pool2d.h"

/* One tier's kernels, serial. Forward does the output rows [begin, end) of batch·out_h; backward the input rows [begin, end) of
 * batch·height, each gathered from the windows over it. stream: the float output is better
 * written past the caches. */
typedef struct apus_pool2d_kernels {
  void (*max_forward)(const apus_pool2d_plan *plan, const float *x, float *y, void *mask, int stream, int64_t begin, int64_t end);
  void (*max_backward)(const apus_pool2d_plan *plan, const float *dy, const void *mask, int stream, float *dx, int64_t begin,
                       int64_t end);
  void (*average_forward)(const apus_pool2d_plan *plan, const float *x, int stream, float *y, int64_t begin, int64_t end);
  void (*average_backward)(const apus_pool2d_plan *plan, const float *dy, int stream, float *dx, int64_t begin, int64_t end);
} apus_pool2d_kernels;

extern const apus_pool2d_kernels apus_pool2d_generic;
#if defined(__x86_64__)
extern const apus_pool2d_kernels apus_pool2d_avx2, apus_pool2d_avx512;
#elif defined(__aarch64__)
extern const apus_pool2d_kernels apus_pool2d_neon;
#endif

#endif
