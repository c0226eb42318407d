#ifndef CHECK_ALLOCATIONS_H
#define CHECK_ALLOCATIONS_H

#include <stdint.h>

/* What check_internal.h says of these, for the Swift tests. */
int64_t check_allocations_count(int on);
int check_allocations_seen(void);

#endif
