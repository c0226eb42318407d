#if defined(__linux__)
#define _GNU_SOURCE /* madvise */
#else
#define _POSIX_C_SOURCE 200112L /* posix_memalign */
#endif

#include <stdlib.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "apus/runtime.h"

#define ALIGNMENT 64

/* Blocks from half a large page on begin at one, and ask for large pages for all of them but an end of less than half a page.
 * In memory that a process has used before, pages of 4 KB lie anywhere, and kernels whose blocks are cut to the second-level
 * cache then run at up to half of their speed in one process out of three: the cache's sets are those of physical addresses. */
#define LARGE_PAGE ((size_t)2 << 20)

static size_t rounded_up(size_t size, size_t unit) { return (size + unit - 1) / unit * unit; }

void *apus_alloc(size_t size) {
  if (size > SIZE_MAX - LARGE_PAGE)
    return NULL;
  size_t alignment = ALIGNMENT, bytes = rounded_up(size ? size : 1, ALIGNMENT);
#if defined(MADV_HUGEPAGE)
  size_t large = (size + LARGE_PAGE / 2) / LARGE_PAGE * LARGE_PAGE;
  if (large > 0) {
    alignment = LARGE_PAGE;
    bytes = bytes > large ? bytes : large;
  }
#endif
  void *pointer = NULL;
  if (posix_memalign(&pointer, alignment, bytes) != 0)
    return NULL;
#if defined(MADV_HUGEPAGE)
  if (large > 0)
    (void)madvise(pointer, large, MADV_HUGEPAGE); /* where it is refused, small pages serve */
#endif
  return pointer;
}

void apus_free(void *pointer) { free(pointer); }
