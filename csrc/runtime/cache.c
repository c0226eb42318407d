#include <stdatomic.h>
#include <stdio.h>

#ifdef __APPLE__
#include <sys/sysctl.h>
#endif

#include "runtime/cache.h"
#include "runtime/hooks.h"

enum { UNKNOWN_BYTES = 32 << 20 };

/* Not from sysconf, which multiplies it by the CPUs of a whole package on some machines. */
static int64_t largest_cache(void) {
  int64_t largest = 0;
#if defined(__linux__)
  for (int index = 0; index < 8; index++) {
    char path[80];
    long long kilobytes = 0;
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", index);
    FILE *file = fopen(path, "r");
    if (!file)
      break;
    if (fscanf(file, "%lldK", &kilobytes) == 1 && kilobytes << 10 > largest)
      largest = kilobytes << 10;
    fclose(file);
  }
#elif defined(__APPLE__)
  static const char *const names[] = {"hw.l3cachesize", "hw.perflevel0.l2cachesize", "hw.l2cachesize"};
  for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
    int64_t bytes = 0;
    size_t size = sizeof bytes;
    if (sysctlbyname(names[i], &bytes, &size, NULL, 0) == 0 && bytes > largest)
      largest = bytes;
  }
#endif
  return largest > 0 ? largest : UNKNOWN_BYTES;
}

/* Relaxed: a number is all that they tell, and threads that come first together find the same one. */
static _Atomic int64_t chosen; /* 0: the system's */
static _Atomic int64_t found;  /* 0: not yet looked for */

int64_t apus_last_cache_bytes(void) {
  int64_t bytes = atomic_load_explicit(&chosen, memory_order_relaxed);
  if (bytes > 0)
    return bytes;
  bytes = atomic_load_explicit(&found, memory_order_relaxed);
  if (bytes == 0) {
    bytes = largest_cache();
    atomic_store_explicit(&found, bytes, memory_order_relaxed);
  }
  return bytes;
}

void apus_last_cache_bytes_set(int64_t bytes) { atomic_store_explicit(&chosen, bytes > 0 ? bytes : 0, memory_order_relaxed); }
