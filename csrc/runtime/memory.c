#if defined(__linux__)
#define _GNU_SOURCE /* MAP_ANONYMOUS, madvise */
#else
#define _POSIX_C_SOURCE 200112L /* posix_memalign */
#endif

#include <stdlib.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "apus/runtime.h"
#include "runtime/simd/unroll.h" /* APUS_SANITIZED */

#define ALIGNMENT 64

/* Sanitizers watch the C library's blocks. */
#if defined(MADV_HUGEPAGE) && !defined(APUS_SANITIZED)
#define HAS_LARGE_PAGES 1
#else
#define HAS_LARGE_PAGES 0
#endif

/* In the 64 bytes before every block. */
typedef struct header {
  void *base;    /* what is given back */
  size_t mapped; /* bytes of a mapping of its own; 0: from the C library */
} header;

static header *header_of(void *pointer) { return (header *)((char *)pointer - ALIGNMENT); }

#if HAS_LARGE_PAGES
/* Blocks from half a large page on are mappings of their own that begin at a large page, and ask for large pages for all of them
 * but an end of less than half a page. The C library would hand out memory again that is in pages of 4 KB already, which lie
 * anywhere: kernels whose blocks are cut to the second-level cache then run at down to half of their speed, by luck, because the
 * cache's sets are those of physical addresses. (resnet.c4.3x3 by Winograd on Zen 5: 1.45 ms, or 2.4 ms.) */
#define LARGE_PAGE ((size_t)2 << 20)
#define PAGE ((size_t)4096)

static size_t rounded_up(size_t size, size_t unit) { return (size + unit - 1) / unit * unit; }

static void *map_large(size_t size) {
  const size_t large = (size + LARGE_PAGE / 2) / LARGE_PAGE * LARGE_PAGE, bytes = rounded_up(size > large ? size : large, PAGE);
  const size_t whole = PAGE + LARGE_PAGE + bytes;
  char *start = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED)
    return NULL;
  /* One page for the header, then the block; what lies before and behind goes back. */
  char *block = (char *)rounded_up((size_t)(uintptr_t)start + PAGE, LARGE_PAGE), *base = block - PAGE;
  if (base > start)
    munmap(start, (size_t)(base - start));
  if (block + bytes < start + whole)
    munmap(block + bytes, (size_t)(start + whole - (block + bytes)));
  (void)madvise(block, large, MADV_HUGEPAGE); /* where it is refused, small pages serve */
  *header_of(block) = (header){base, PAGE + bytes};
  return block;
}
#endif

void *apus_alloc(size_t size) {
  if (size > SIZE_MAX / 2)
    return NULL;
#if HAS_LARGE_PAGES
  if (size >= LARGE_PAGE / 2)
    return map_large(size);
#endif
  void *base = NULL;
  if (posix_memalign(&base, ALIGNMENT, ALIGNMENT + (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT) != 0)
    return NULL;
  void *pointer = (char *)base + ALIGNMENT;
  *header_of(pointer) = (header){base, 0};
  return pointer;
}

void apus_free(void *pointer) {
  if (!pointer)
    return;
  const header h = *header_of(pointer);
#if HAS_LARGE_PAGES
  if (h.mapped > 0) {
    munmap(h.base, h.mapped);
    return;
  }
#endif
  free(h.base);
}

void apus_discard(void *pointer, size_t size) {
#if HAS_LARGE_PAGES
  const uintptr_t start = rounded_up((size_t)(uintptr_t)pointer, LARGE_PAGE),
                  end = ((uintptr_t)pointer + size) / LARGE_PAGE * LARGE_PAGE;
  if (start < end)
    (void)madvise((void *)start, end - start, MADV_DONTNEED); /* where it is refused, the memory stays */
#else
  (void)pointer;
  (void)size;
#endif
}
