#ifndef APUS_CHECK_INTERNAL_H
#define APUS_CHECK_INTERNAL_H

#include "check.h"

/* Between check.c, check_numbers.c, check_memory.c, check_allocations.c and check_compare.c. */

/* Begins a case's random inputs. */
void check_seed(uint64_t seed, const char *family, const char *name);

/* Fills outputs and scratch; on the first run keeps a copy of the inputs. */
void check_memory_before_run(int first);
/* 1 where guards, inputs and (from the second run on) outputs are as they must be; else the fault in words. */
int check_memory_after_run(int first, char *text, size_t size);

/* Starts (1) or ends (0) counting the calls to the C library's allocator on all threads; what was counted. Always 0 where they
 * cannot be seen. */
int64_t check_allocations_count(int on);
int check_allocations_seen(void);

void check_pass(void);
void check_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
