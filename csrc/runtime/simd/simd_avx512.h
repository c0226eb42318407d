#ifndef APUS_RUNTIME_SIMD_AVX512_H
#define APUS_RUNTIME_SIMD_AVX512_H

/* AVX-512 F, BW, VL, DQ: the names that simd_generic.h explains. */

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#define SIMD_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma")))
#define SIMD_LANES 16
#define SIMD_HAS_FMA 1
#define SIMD_INLINE static inline __attribute__((always_inline)) SIMD_TARGET

typedef __m512 vf;
typedef __m512i vi;
typedef __mmask16 vm;

SIMD_INLINE vm simd_first(int n) { return (vm)((1u << n) - 1); }

SIMD_INLINE vf vf_load(const float *p) { return _mm512_loadu_ps(p); }
SIMD_INLINE void vf_store(float *p, vf v) { _mm512_storeu_ps(p, v); }
SIMD_INLINE vf vf_load_partial(const float *p, int n) { return _mm512_maskz_loadu_ps(simd_first(n), p); }
SIMD_INLINE void vf_store_partial(float *p, vf v, int n) { _mm512_mask_storeu_ps(p, simd_first(n), v); }
SIMD_INLINE void vf_stream(float *p, vf v) { _mm512_stream_ps(p, v); }
SIMD_INLINE void simd_fence(void) { _mm_sfence(); }
SIMD_INLINE vf vf_set1(float x) { return _mm512_set1_ps(x); }
SIMD_INLINE vf vf_set2(const float *p) {
  double both;
  memcpy(&both, p, sizeof both);
  return _mm512_castpd_ps(_mm512_set1_pd(both));
}
SIMD_INLINE vf vf_zero(void) { return _mm512_setzero_ps(); }

SIMD_INLINE vf vf_add(vf a, vf b) { return _mm512_add_ps(a, b); }
SIMD_INLINE vf vf_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
SIMD_INLINE vf vf_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
SIMD_INLINE vf vf_div(vf a, vf b) { return _mm512_div_ps(a, b); }
SIMD_INLINE vf vf_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
SIMD_INLINE vf vf_sqrt(vf a) { return _mm512_sqrt_ps(a); }
SIMD_INLINE vf vf_abs(vf a) { return _mm512_abs_ps(a); }
SIMD_INLINE vf vf_neg(vf a) { return _mm512_xor_ps(a, _mm512_set1_ps(-0.0f)); }

SIMD_INLINE vm vf_gt(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }
SIMD_INLINE vm vf_ge(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ); }
SIMD_INLINE vm vf_lt(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
SIMD_INLINE vm vf_le(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ); }
SIMD_INLINE vm vf_eq(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
SIMD_INLINE vm vf_unordered(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_UNORD_Q); }
SIMD_INLINE vm vm_or(vm a, vm b) { return (vm)(a | b); }
SIMD_INLINE vm vm_and(vm a, vm b) { return (vm)(a & b); }
SIMD_INLINE vm vm_not(vm a) { return (vm)~a; }
SIMD_INLINE vf vf_blend(vm m, vf a, vf b) { return _mm512_mask_blend_ps(m, b, a); }
SIMD_INLINE vf vf_mask(vm m, vf a) { return _mm512_maskz_mov_ps(m, a); }

/* maxps and minps return their second operand for equal or unordered ones; that leaves only a NaN in b to be put back. */
SIMD_INLINE vf vf_max(vf a, vf b) { return vf_blend(vf_unordered(b, b), b, _mm512_max_ps(b, a)); }
SIMD_INLINE vf vf_min(vf a, vf b) { return vf_blend(vf_unordered(b, b), b, _mm512_min_ps(b, a)); }
SIMD_INLINE vf vf_relu(vf x) { return _mm512_max_ps(_mm512_setzero_ps(), x); }

SIMD_INLINE float vf_reduce_add(vf v) {
  v = _mm512_add_ps(v, _mm512_shuffle_f32x4(v, v, 0x4e));
  v = _mm512_add_ps(v, _mm512_shuffle_f32x4(v, v, 0xb1));
  v = _mm512_add_ps(v, _mm512_permute_ps(v, 0x4e));
  v = _mm512_add_ps(v, _mm512_permute_ps(v, 0xb1));
  return _mm512_cvtss_f32(v);
}
SIMD_INLINE float vf_reduce_max(vf v) {
  v = vf_max(v, _mm512_shuffle_f32x4(v, v, 0x4e));
  v = vf_max(v, _mm512_shuffle_f32x4(v, v, 0xb1));
  v = vf_max(v, _mm512_permute_ps(v, 0x4e));
  v = vf_max(v, _mm512_permute_ps(v, 0xb1));
  return _mm512_cvtss_f32(v);
}

SIMD_INLINE vi vi_load(const int32_t *p) { return _mm512_loadu_si512(p); }
SIMD_INLINE vf vf_permute(vf v, vi lanes) { return _mm512_permutexvar_ps(lanes, v); }
SIMD_INLINE vf vf_swap(vf v) { return _mm512_permute_ps(v, 0xb1); }
SIMD_INLINE vi vi_set1(int32_t x) { return _mm512_set1_epi32(x); }
SIMD_INLINE vi vi_add(vi a, vi b) { return _mm512_add_epi32(a, b); }
SIMD_INLINE vi vi_sub(vi a, vi b) { return _mm512_sub_epi32(a, b); }
SIMD_INLINE vi vi_shl(vi a, int n) { return _mm512_sll_epi32(a, _mm_cvtsi32_si128(n)); }
SIMD_INLINE vi vi_shr(vi a, int n) { return _mm512_srl_epi32(a, _mm_cvtsi32_si128(n)); }
SIMD_INLINE vi vi_and(vi a, vi b) { return _mm512_and_si512(a, b); }
SIMD_INLINE vi vi_or(vi a, vi b) { return _mm512_or_si512(a, b); }
SIMD_INLINE vm vi_eq(vi a, vi b) { return _mm512_cmpeq_epi32_mask(a, b); }
SIMD_INLINE vi vi_blend(vm m, vi a, vi b) { return _mm512_mask_blend_epi32(m, b, a); }
SIMD_INLINE vi vf_to_vi_round(vf a) { return _mm512_cvt_roundps_epi32(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
SIMD_INLINE vf vi_to_vf(vi a) { return _mm512_cvtepi32_ps(a); }
SIMD_INLINE vi vf_as_vi(vf a) { return _mm512_castps_si512(a); }
SIMD_INLINE vf vi_as_vf(vi a) { return _mm512_castsi512_ps(a); }

SIMD_INLINE vi vi_load_u8(const uint8_t *p) { return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p)); }
SIMD_INLINE vi vi_load_u8_partial(const uint8_t *p, int n) {
  return _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(simd_first(n), p));
}
SIMD_INLINE void vi_store_u8(uint8_t *p, vi v) { _mm_storeu_si128((__m128i *)p, _mm512_cvtepi32_epi8(v)); }
SIMD_INLINE void vi_store_u8_partial(uint8_t *p, vi v, int n) { _mm_mask_storeu_epi8(p, simd_first(n), _mm512_cvtepi32_epi8(v)); }

#endif
