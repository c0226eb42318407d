#ifndef APUS_RUNTIME_HOOKS_H
#define APUS_RUNTIME_HOOKS_H

#include "apus/runtime.h"

/* What the check harness and the benchmark change or see that no program needs; not installed. Each holds for the whole process:
 * not while kernels run. */

/* Chooses a tier, as the environment's APUS_ISA does; APUS_UNSUPPORTED where this CPU or build cannot run it. */
apus_status apus_isa_select(apus_isa isa, apus_error *error);

/* Another size of the largest cache, 0 for the system's again: 1 makes every output one to be written past the caches. It changes
 * no bit of a result. */
void apus_last_cache_bytes_set(int64_t bytes);

/* Loops are cut for all threads however short they are, so that small shapes run in parallel too. */
void apus_parallel_ignore_grain(int on);

/* Runs a loop of apus_thread_count() items and counts the threads that took part: the check that threads really run. */
int apus_threads_observed(void);

#endif
