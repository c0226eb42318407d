/* The only parallel loop of the library. Kernels are called from the body through an ordinary function: clang does not pass
 * target attributes into an OpenMP region, and schedule(dynamic) needs a symbol that older libomp lacks. */
#define _GNU_SOURCE /* sched_getaffinity */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __linux__
#include <sched.h>
#endif
#include <unistd.h>

#include "apus/runtime.h"
#include "runtime/cgroup.h"
#include "runtime/hooks.h"
#include "runtime/openmp.h"
#include "runtime/openmp_environment.h"
#include "runtime/parallel.h"

/* Relaxed: as in runtime/cache.c. */
static atomic_int chosen_threads;  /* 0: the default */
static atomic_int default_threads; /* 0: not yet determined */
static atomic_int grain_ignored;

static int clamp_threads(long n) { return n < 1 ? 1 : n > APUS_MAX_THREADS ? APUS_MAX_THREADS : (int)n; }

static long affinity_count(void) {
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0)
    return CPU_COUNT(&set);
#endif
  return sysconf(_SC_NPROCESSORS_ONLN);
}

/* Whether more than one thread can be had: libomp 14 ends the process where it cannot register itself in shared memory. */
static int can_start_threads(void) {
#if defined(__linux__) && defined(__clang__)
  static atomic_int shared_memory; /* 0: not yet looked at; 1: there is some; -1: there is none */
  int state = atomic_load_explicit(&shared_memory, memory_order_relaxed);
  if (state == 0) {
    state = apus_openmp_can_register("/dev/shm") ? 1 : -1;
    if (atomic_exchange_explicit(&shared_memory, state, memory_order_relaxed) == 0 && state < 0)
      fputs("apus: warning: using 1 thread: LLVM's OpenMP runtime needs /dev/shm, which cannot be written\n", stderr);
  }
  return state > 0;
#else
  return 1;
#endif
}

static int determine_default(void) {
  const char *text = getenv("OMP_NUM_THREADS");
  if (text && *text) {
    long n = strtol(text, NULL, 10); /* "4,2": the outermost level counts */
    if (n >= 1)
      return clamp_threads(n);
  }
  long n = affinity_count(), quota = apus_cgroup_cpus("/sys/fs/cgroup", "/proc/self/cgroup");
  return clamp_threads(quota > 0 && quota < n ? quota : n);
}

int apus_thread_count(void) {
#ifndef _OPENMP
  return 1;
#else
  int n = atomic_load_explicit(&chosen_threads, memory_order_relaxed);
  if (n > 0)
    return n == 1 || can_start_threads() ? n : 1;
  n = atomic_load_explicit(&default_threads, memory_order_relaxed);
  if (n == 0) {
    n = determine_default();
    if (n > 1 && !can_start_threads())
      n = 1;
    apus_openmp_environment_report(n);
    atomic_store_explicit(&default_threads, n, memory_order_relaxed);
  }
  return n;
#endif
}

void apus_thread_count_set(int count) {
  atomic_store_explicit(&chosen_threads, count <= 0 ? 0 : clamp_threads(count), memory_order_relaxed);
}

void apus_parallel_ignore_grain(int on) { atomic_store_explicit(&grain_ignored, on, memory_order_relaxed); }

#ifdef _OPENMP
/* The loop on several threads. A function of its own: where one with a region begins, clang asks the runtime for the thread's
 * number, which starts the runtime even if the region is not reached. */
__attribute__((noinline)) static void run_region(int threads, int64_t count, apus_parallel_body body, void *context) {
#pragma omp parallel num_threads(threads)
  {
    /* The runtime may grant fewer threads than asked: every range is still done. */
    int granted = omp_get_num_threads(), slot = omp_get_thread_num();
    int64_t each = count / granted, extra = count % granted;
    int64_t begin = slot * each + (slot < extra ? slot : extra);
    int64_t end = begin + each + (slot < extra ? 1 : 0);
    if (begin < end)
      body(context, begin, end, slot);
  }
}
#endif

void apus_parallel_for(int64_t count, int64_t grain, apus_parallel_body body, void *context) {
  apus_parallel_for_limited(count, grain, APUS_MAX_THREADS, body, context);
}

void apus_parallel_for_limited(int64_t count, int64_t grain, int limit, apus_parallel_body body, void *context) {
  if (count <= 0)
    return;
  if (grain < 1 || atomic_load_explicit(&grain_ignored, memory_order_relaxed))
    grain = 1;
  int64_t ranges = count / grain;
  int threads = apus_thread_count();
  if (threads > limit)
    threads = limit;
  if (ranges < threads)
    threads = ranges < 1 ? 1 : (int)ranges;
  /* A region on one thread still costs 0.3 us; a branch around it costs nothing. */
  if (threads == 1 || omp_in_parallel()) {
    body(context, 0, count, 0);
    return;
  }
#ifdef _OPENMP
  run_region(threads, count, body, context);
#endif
}

static void observe(void *context, int64_t begin, int64_t end, int slot) {
  (void)begin;
  (void)end;
  unsigned char *seen = context;
  seen[slot] = 1;
}

int apus_threads_observed(void) {
  unsigned char seen[APUS_MAX_THREADS];
  memset(seen, 0, sizeof seen);
  apus_parallel_for(apus_thread_count(), 1, observe, seen);
  int n = 0;
  for (int i = 0; i < APUS_MAX_THREADS; i++)
    n += seen[i];
  return n;
}
