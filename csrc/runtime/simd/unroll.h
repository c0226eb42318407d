#ifndef APUS_RUNTIME_UNROLL_H
#define APUS_RUNTIME_UNROLL_H

/* UNROLL before a loop with constant bounds: kernels rely on it to keep arrays of vectors in registers. Not under sanitizers,
 * whose checks would be multiplied too: minutes of compilation for a kernel. APUS_SANITIZED then; and APUS_ONE_INSTANCE, which
 * builds that need no speed may define by themselves. No bit depends on it. */

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(undefined_behavior_sanitizer)
#define APUS_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define APUS_SANITIZED 1
#endif

#if defined(APUS_SANITIZED) && !defined(APUS_ONE_INSTANCE)
#define APUS_ONE_INSTANCE 1
#endif

/* INSTANTIATED before a function that is inlined once for each of its constant arguments: there these are variables of one
 * function. It takes no vectors. After a tier's simd header. */
#if defined(APUS_ONE_INSTANCE)
#define UNROLL
#define INSTANTIATED SIMD_TARGET static __attribute__((noinline))
#else
#define UNROLL _Pragma("GCC unroll 16")
#define INSTANTIATED SIMD_INLINE
#endif

#endif
