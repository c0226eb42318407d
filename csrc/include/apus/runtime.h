#ifndef APUS_RUNTIME_H
#define APUS_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

#include "apus/status.h"
#include "apus/version.h"

/* What everything else stands on: instruction sets, threads, memory, one slot of thread-local state, versions. */

#ifdef __cplusplus
extern "C" {
#endif

/* ---- instruction sets ------------------------------------------------------------------------------------------ */

typedef enum apus_isa {
  APUS_ISA_REFERENCE = 0, /* the readable scalar code */
  APUS_ISA_GENERIC = 1,   /* 16-byte vectors, multiply and add apart; any CPU */
  APUS_ISA_AVX2 = 2,      /* AVX2 and FMA */
  APUS_ISA_AVX512 = 3,    /* AVX-512 F, BW, VL, DQ */
  APUS_ISA_NEON = 4       /* AArch64 */
} apus_isa;
#define APUS_ISA_COUNT 5

/* The tier in use: the best that this CPU has, or lower where the environment's APUS_ISA names one
 * (reference, generic, avx2, avx512, neon). */
apus_isa apus_isa_current(void);
/* 1 where this CPU and this build can run the tier. */
int apus_isa_available(apus_isa isa);
const char *apus_isa_name(apus_isa isa);

/* ---- threads --------------------------------------------------------------------------------------------------- */

/* body(context, begin, end, slot): does the items [begin, end). `slot` is in 0 ..< apus_thread_count() and is held by one
 * running call at a time, so it may index scratch memory. Nothing that touches a reduction may read it. */
typedef void (*apus_parallel_body)(void *context, int64_t begin, int64_t end, int slot);

/* Splits `count` items into consecutive ranges of at least `grain` items, a range a thread; runs on the calling thread where
 * one range is enough. Nested calls run serially. The only parallel loop of the library. */
void apus_parallel_for(int64_t count, int64_t grain, apus_parallel_body body, void *context);

/* Threads that apus_parallel_for may use: OMP_NUM_THREADS, else the CPUs allowed to the process and its cgroup's quota,
 * or what apus_thread_count_set chose (0: back to that default). At least 1, at most APUS_MAX_THREADS; 1, with a warning, where
 * clang has built the library and /dev/shm, which LLVM's OpenMP runtime needs, cannot be written. */
#define APUS_MAX_THREADS 256
int apus_thread_count(void);
void apus_thread_count_set(int count);

/* ---- memory ---------------------------------------------------------------------------------------------------- */

/* 64-byte aligned; NULL where there is none. size 0 gives a valid pointer. Free with apus_free only. From 1 MB on, on Linux: a
 * mapping of its own, for which the system is asked for large pages of 2 MB; freed, it is the system's again, so keep what is
 * used again. */
void *apus_alloc(size_t size);
void apus_free(void *pointer);
/* Gives the system the memory of `size` bytes inside a block back, in whole large pages, where it can: their contents are lost,
 * and they take memory again when they are written. For who cuts a block up. Does nothing where the system has no such thing. */
void apus_discard(void *pointer, size_t size);

/* ---- one pointer a thread, for the Swift layer's scope --------------------------------------------------------- */

void *apus_thread_slot_get(void);
void apus_thread_slot_set(void *value);

/* ---- versions -------------------------------------------------------------------------------------------------- */

/* Compiler, OpenMP runtime and BLAS in one line, for run records. */
const char *apus_build_description(void);

#ifdef __cplusplus
}
#endif
#endif
