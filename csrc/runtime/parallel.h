#ifndef APUS_RUNTIME_PARALLEL_H
#define APUS_RUNTIME_PARALLEL_H

#include "apus/runtime.h"

/* apus_parallel_for on at most `limit` threads: for scratch that was sized when a plan was made. slot < limit. */
void apus_parallel_for_limited(int64_t count, int64_t grain, int limit, apus_parallel_body body, void *context);

/* Multiply-adds of the matrix kernels that a thread has at least: some 4 us on AVX-512. Below that a second thread costs more
 * than it does. */
#define APUS_MACS_A_THREAD 524288

#endif
