/* Counts the process's allocations: this program's own malloc, its relatives and mmap come before the C library's, to which they
 * hand on. Only where that library has names for what lies behind, and not under sanitizers, which do the same. What the OpenMP
 * runtime allocates where one region has another number of threads than the one before, and what OpenBLAS maps for its buffers,
 * is their own affair and not counted. */
#define _GNU_SOURCE /* dladdr */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check_internal.h"
#include "runtime/simd/unroll.h" /* APUS_SANITIZED */

static atomic_int counting;
static atomic_llong allocations;

int64_t check_allocations_count(int on) {
  if (on)
    atomic_store(&allocations, 0);
  atomic_store(&counting, on);
  return atomic_load(&allocations);
}

#if defined(__GLIBC__) && !defined(APUS_SANITIZED)

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *pointer, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static int is_their_own(const void *caller) {
  Dl_info info;
  if (!dladdr(caller, &info) || !info.dli_fname)
    return 0;
  const char *slash = strrchr(info.dli_fname, '/'), *library = slash ? slash + 1 : info.dli_fname;
  static const char *const others[] = {"libomp", "libgomp", "libopenblas", "ld-"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
    if (strncmp(library, others[i], strlen(others[i])) == 0)
      return 1;
  return 0;
}

static void note(const void *caller) {
  /* dladdr looks through all of a library's symbols, and OpenBLAS's small products allocate with every call. */
  enum { KNOWN = 64 };
  static _Thread_local const void *known[KNOWN];
  const void **place = &known[(uintptr_t)caller / 4 % KNOWN];
  if (!atomic_load_explicit(&counting, memory_order_relaxed) || caller == *place)
    return;
  if (is_their_own(caller))
    *place = caller;
  else
    atomic_fetch_add(&allocations, 1);
}

void *malloc(size_t size) {
  note(__builtin_return_address(0));
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  note(__builtin_return_address(0));
  return __libc_calloc(count, size);
}

void *realloc(void *pointer, size_t size) {
  note(__builtin_return_address(0));
  return __libc_realloc(pointer, size);
}

void *memalign(size_t alignment, size_t size); /* of <malloc.h>, which other systems lack */

void *memalign(size_t alignment, size_t size) {
  note(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  note(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **pointer, size_t alignment, size_t size) {
  note(__builtin_return_address(0));
  void *block = __libc_memalign(alignment, size);
  if (!block)
    return ENOMEM;
  *pointer = block;
  return 0;
}

/* Large blocks are mappings of their own (csrc/runtime/memory.c). */
void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset) {
  note(__builtin_return_address(0));
  const long result = syscall(SYS_mmap, address, length, protection, flags, file, offset);
  return result == -1 ? MAP_FAILED : (void *)result;
}

int check_allocations_seen(void) { return 1; }

#else

int check_allocations_seen(void) { return 0; }

#endif
