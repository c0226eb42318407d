#ifndef APUS_RUNTIME_SIMD_GENERIC_H
#define APUS_RUNTIME_SIMD_GENERIC_H

/* 16-byte vectors for any CPU, multiply and add apart: what a tier is, and the words in which kernels are written.
 *
 * A kernel `<family>/<name>.c.inc` (all functions static) is compiled once for each tier: `isa/<tier>.c` includes
 * `runtime/simd/simd_<tier>.h`, then the families, whose `tier.c.inc` exports a function table under a name that `isa/<tier>.c`
 * spells out in full. Every tier's header defines the same names, so only one may be included in a translation unit:
 *
 *   SIMD_TARGET   for every function that uses the types      SIMD_LANES   floats in a vector      SIMD_HAS_FMA   0 or 1
 *   vf, vi, vm    vectors of float and int32, and the mask that comparing two vf or vi gives
 *   vf_load_partial(p, n), vf_store_partial(p, v, n)   0 <= n <= SIMD_LANES; other lanes read as 0, their memory is untouched
 *   vf_stream(p, v)   past the caches where the tier can; p aligned to the vector; simd_fence() must follow the last one
 *   vf_set2(p)    p[0], p[1], p[0], p[1], …          vf_permute(v, lanes)   lane i is v[lanes[i]]
 *   vf_swap(v)    v[1], v[0], v[3], v[2], …
 *   vf_fma        a·b + c, rounded once where SIMD_HAS_FMA, else twice
 *   vf_max, vf_min   NaN where either is NaN; the first of equal operands      vf_relu(x)   x < 0 ? 0 : x, so NaN stays NaN
 *   vf_blend(m, a, b)   m ? a : b        vf_mask(m, a)   m ? a : 0        vf_unordered(a, b)   either is NaN
 *   vf_reduce_add, vf_reduce_max   upper half onto lower half, until one lane is left: a fixed order
 *   vi_shr        logical                vf_to_vi_round   to nearest even; defined where the result fits int32
 *   vi_load_u8, vi_store_u8 (low bytes), and their _partial forms */

#include <stdint.h>
#include <string.h>

#define SIMD_TARGET
#define SIMD_LANES 4
#define SIMD_HAS_FMA 0
#define SIMD_INLINE static inline __attribute__((always_inline))

typedef float vf __attribute__((vector_size(16)));
typedef int32_t vi __attribute__((vector_size(16)));
typedef uint32_t simd_vu __attribute__((vector_size(16)));
typedef vi vm;

SIMD_INLINE vf vf_load(const float *p) {
  vf v;
  memcpy(&v, p, sizeof v);
  return v;
}
SIMD_INLINE void vf_store(float *p, vf v) { memcpy(p, &v, sizeof v); }
SIMD_INLINE vf vf_load_partial(const float *p, int n) {
  if (n == SIMD_LANES)
    return vf_load(p);
  vf v = {0, 0, 0, 0};
  for (int i = 0; i < n; i++)
    v[i] = p[i];
  return v;
}
SIMD_INLINE void vf_store_partial(float *p, vf v, int n) {
  if (n == SIMD_LANES) {
    vf_store(p, v);
    return;
  }
  for (int i = 0; i < n; i++)
    p[i] = v[i];
}
SIMD_INLINE void vf_stream(float *p, vf v) { vf_store(p, v); }
SIMD_INLINE void simd_fence(void) {}
SIMD_INLINE vf vf_set1(float x) { return (vf){x, x, x, x}; }
SIMD_INLINE vf vf_set2(const float *p) { return (vf){p[0], p[1], p[0], p[1]}; }
SIMD_INLINE vf vf_zero(void) { return (vf){0, 0, 0, 0}; }
SIMD_INLINE vi vf_as_vi(vf a) { return (vi)a; }
SIMD_INLINE vf vi_as_vf(vi a) { return (vf)a; }

SIMD_INLINE vf vf_add(vf a, vf b) { return a + b; }
SIMD_INLINE vf vf_sub(vf a, vf b) { return a - b; }
SIMD_INLINE vf vf_mul(vf a, vf b) { return a * b; }
SIMD_INLINE vf vf_div(vf a, vf b) { return a / b; }
SIMD_INLINE vf vf_fma(vf a, vf b, vf c) { return vf_add(vf_mul(a, b), c); }
SIMD_INLINE vf vf_sqrt(vf a) {
  return (vf){__builtin_sqrtf(a[0]), __builtin_sqrtf(a[1]), __builtin_sqrtf(a[2]), __builtin_sqrtf(a[3])};
}
SIMD_INLINE vf vf_abs(vf a) { return vi_as_vf(vf_as_vi(a) & 0x7fffffff); }
SIMD_INLINE vf vf_neg(vf a) { return -a; }

SIMD_INLINE vm vf_gt(vf a, vf b) { return a > b; }
SIMD_INLINE vm vf_ge(vf a, vf b) { return a >= b; }
SIMD_INLINE vm vf_lt(vf a, vf b) { return a < b; }
SIMD_INLINE vm vf_le(vf a, vf b) { return a <= b; }
SIMD_INLINE vm vf_eq(vf a, vf b) { return a == b; }
SIMD_INLINE vm vf_unordered(vf a, vf b) { return (a != a) | (b != b); }
SIMD_INLINE vm vm_or(vm a, vm b) { return a | b; }
SIMD_INLINE vm vm_and(vm a, vm b) { return a & b; }
SIMD_INLINE vm vm_not(vm a) { return ~a; }
SIMD_INLINE vi vi_blend(vm m, vi a, vi b) { return (m & a) | (~m & b); }
SIMD_INLINE vf vf_blend(vm m, vf a, vf b) { return vi_as_vf(vi_blend(m, vf_as_vi(a), vf_as_vi(b))); }
SIMD_INLINE vf vf_mask(vm m, vf a) { return vi_as_vf(m & vf_as_vi(a)); }

SIMD_INLINE vf vf_max(vf a, vf b) { return vf_blend(vm_or(vf_gt(b, a), vf_unordered(b, b)), b, a); }
SIMD_INLINE vf vf_min(vf a, vf b) { return vf_blend(vm_or(vf_lt(b, a), vf_unordered(b, b)), b, a); }
SIMD_INLINE vf vf_relu(vf x) { return vf_mask(vm_not(vf_lt(x, vf_zero())), x); }

SIMD_INLINE float vf_reduce_add(vf v) { return (v[0] + v[2]) + (v[1] + v[3]); }
SIMD_INLINE float vf_reduce_max(vf v) {
  v = vf_max(v, (vf){v[2], v[3], v[0], v[1]});
  return vf_max(v, (vf){v[1], v[0], v[3], v[2]})[0];
}

SIMD_INLINE vi vi_load(const int32_t *p) {
  vi v;
  memcpy(&v, p, sizeof v);
  return v;
}
SIMD_INLINE vf vf_permute(vf v, vi lanes) { return (vf){v[lanes[0]], v[lanes[1]], v[lanes[2]], v[lanes[3]]}; }
SIMD_INLINE vf vf_swap(vf v) { return (vf){v[1], v[0], v[3], v[2]}; }
SIMD_INLINE vi vi_set1(int32_t x) { return (vi){x, x, x, x}; }
/* Through unsigned lanes: overflow wraps, as the instructions do. */
SIMD_INLINE vi vi_add(vi a, vi b) { return (vi)((simd_vu)a + (simd_vu)b); }
SIMD_INLINE vi vi_sub(vi a, vi b) { return (vi)((simd_vu)a - (simd_vu)b); }
SIMD_INLINE vi vi_shl(vi a, int n) { return (vi)((simd_vu)a << (uint32_t)n); }
SIMD_INLINE vi vi_shr(vi a, int n) { return (vi)((simd_vu)a >> (uint32_t)n); }
SIMD_INLINE vi vi_and(vi a, vi b) { return a & b; }
SIMD_INLINE vi vi_or(vi a, vi b) { return a | b; }
SIMD_INLINE vm vi_eq(vi a, vi b) { return a == b; }
SIMD_INLINE vi vf_to_vi_round(vf a) {
  return (vi){(int32_t)__builtin_rintf(a[0]), (int32_t)__builtin_rintf(a[1]), (int32_t)__builtin_rintf(a[2]),
              (int32_t)__builtin_rintf(a[3])};
}
SIMD_INLINE vf vi_to_vf(vi a) { return (vf){(float)a[0], (float)a[1], (float)a[2], (float)a[3]}; }

SIMD_INLINE vi vi_load_u8_partial(const uint8_t *p, int n) {
  vi v = {0, 0, 0, 0};
  for (int i = 0; i < n; i++)
    v[i] = p[i];
  return v;
}
SIMD_INLINE vi vi_load_u8(const uint8_t *p) { return (vi){p[0], p[1], p[2], p[3]}; }
SIMD_INLINE void vi_store_u8_partial(uint8_t *p, vi v, int n) {
  for (int i = 0; i < n; i++)
    p[i] = (uint8_t)v[i];
}
SIMD_INLINE void vi_store_u8(uint8_t *p, vi v) { vi_store_u8_partial(p, v, 4); }

#endif
