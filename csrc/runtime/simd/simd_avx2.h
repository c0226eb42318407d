#ifndef APUS_RUNTIME_SIMD_AVX2_H
#define APUS_RUNTIME_SIMD_AVX2_H

/* AVX2 and FMA: the names that simd_generic.h explains. */

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#define SIMD_TARGET __attribute__((target("avx2,fma")))
#define SIMD_LANES 8
#define SIMD_HAS_FMA 1
#define SIMD_INLINE static inline __attribute__((always_inline)) SIMD_TARGET

typedef __m256 vf;
typedef __m256i vi;
typedef __m256 vm;

/* Eight set lanes, then eight clear ones: reading at 8 - n gives a mask of the first n. */
static const int32_t simd_mask_table[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
SIMD_INLINE __m256i simd_first(int n) { return _mm256_loadu_si256((const __m256i *)(simd_mask_table + 8 - n)); }

SIMD_INLINE vf vf_load(const float *p) { return _mm256_loadu_ps(p); }
SIMD_INLINE void vf_store(float *p, vf v) { _mm256_storeu_ps(p, v); }
SIMD_INLINE vf vf_load_partial(const float *p, int n) { return _mm256_maskload_ps(p, simd_first(n)); }
SIMD_INLINE void vf_store_partial(float *p, vf v, int n) { _mm256_maskstore_ps(p, simd_first(n), v); }
SIMD_INLINE void vf_stream(float *p, vf v) { _mm256_stream_ps(p, v); }
SIMD_INLINE void simd_fence(void) { _mm_sfence(); }
SIMD_INLINE vf vf_set1(float x) { return _mm256_set1_ps(x); }
SIMD_INLINE vf vf_set2(const float *p) {
  double both;
  memcpy(&both, p, sizeof both);
  return _mm256_castpd_ps(_mm256_set1_pd(both));
}
SIMD_INLINE vf vf_zero(void) { return _mm256_setzero_ps(); }

SIMD_INLINE vf vf_add(vf a, vf b) { return _mm256_add_ps(a, b); }
SIMD_INLINE vf vf_sub(vf a, vf b) { return _mm256_sub_ps(a, b); }
SIMD_INLINE vf vf_mul(vf a, vf b) { return _mm256_mul_ps(a, b); }
SIMD_INLINE vf vf_div(vf a, vf b) { return _mm256_div_ps(a, b); }
SIMD_INLINE vf vf_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
SIMD_INLINE vf vf_sqrt(vf a) { return _mm256_sqrt_ps(a); }
SIMD_INLINE vf vf_abs(vf a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
SIMD_INLINE vf vf_neg(vf a) { return _mm256_xor_ps(a, _mm256_set1_ps(-0.0f)); }

SIMD_INLINE vm vf_gt(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_GT_OQ); }
SIMD_INLINE vm vf_ge(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_GE_OQ); }
SIMD_INLINE vm vf_lt(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
SIMD_INLINE vm vf_le(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_LE_OQ); }
SIMD_INLINE vm vf_eq(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }
SIMD_INLINE vm vf_unordered(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_UNORD_Q); }
SIMD_INLINE vm vm_or(vm a, vm b) { return _mm256_or_ps(a, b); }
SIMD_INLINE vm vm_and(vm a, vm b) { return _mm256_and_ps(a, b); }
SIMD_INLINE vm vm_not(vm a) { return _mm256_xor_ps(a, _mm256_castsi256_ps(_mm256_set1_epi32(-1))); }
SIMD_INLINE vf vf_blend(vm m, vf a, vf b) { return _mm256_blendv_ps(b, a, m); }
SIMD_INLINE vf vf_mask(vm m, vf a) { return _mm256_and_ps(m, a); }

/* maxps and minps return their second operand for equal or unordered ones; that leaves only a NaN in b to be put back. */
SIMD_INLINE vf vf_max(vf a, vf b) { return vf_blend(vf_unordered(b, b), b, _mm256_max_ps(b, a)); }
SIMD_INLINE vf vf_min(vf a, vf b) { return vf_blend(vf_unordered(b, b), b, _mm256_min_ps(b, a)); }
SIMD_INLINE vf vf_relu(vf x) { return _mm256_max_ps(_mm256_setzero_ps(), x); }

SIMD_INLINE float vf_reduce_add(vf v) {
  v = _mm256_add_ps(v, _mm256_permute2f128_ps(v, v, 0x01));
  v = _mm256_add_ps(v, _mm256_permute_ps(v, 0x4e));
  v = _mm256_add_ps(v, _mm256_permute_ps(v, 0xb1));
  return _mm256_cvtss_f32(v);
}
SIMD_INLINE float vf_reduce_max(vf v) {
  v = vf_max(v, _mm256_permute2f128_ps(v, v, 0x01));
  v = vf_max(v, _mm256_permute_ps(v, 0x4e));
  v = vf_max(v, _mm256_permute_ps(v, 0xb1));
  return _mm256_cvtss_f32(v);
}

SIMD_INLINE vi vi_load(const int32_t *p) { return _mm256_loadu_si256((const __m256i *)p); }
SIMD_INLINE vf vf_permute(vf v, vi lanes) { return _mm256_permutevar8x32_ps(v, lanes); }
SIMD_INLINE vf vf_swap(vf v) { return _mm256_permute_ps(v, 0xb1); }
SIMD_INLINE vi vi_set1(int32_t x) { return _mm256_set1_epi32(x); }
SIMD_INLINE vi vi_add(vi a, vi b) { return _mm256_add_epi32(a, b); }
SIMD_INLINE vi vi_sub(vi a, vi b) { return _mm256_sub_epi32(a, b); }
SIMD_INLINE vi vi_shl(vi a, int n) { return _mm256_sll_epi32(a, _mm_cvtsi32_si128(n)); }
SIMD_INLINE vi vi_shr(vi a, int n) { return _mm256_srl_epi32(a, _mm_cvtsi32_si128(n)); }
SIMD_INLINE vi vi_and(vi a, vi b) { return _mm256_and_si256(a, b); }
SIMD_INLINE vi vi_or(vi a, vi b) { return _mm256_or_si256(a, b); }
SIMD_INLINE vm vi_eq(vi a, vi b) { return _mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b)); }
SIMD_INLINE vi vf_as_vi(vf a) { return _mm256_castps_si256(a); }
SIMD_INLINE vf vi_as_vf(vi a) { return _mm256_castsi256_ps(a); }
SIMD_INLINE vi vi_blend(vm m, vi a, vi b) { return vf_as_vi(vf_blend(m, vi_as_vf(a), vi_as_vf(b))); }
SIMD_INLINE vi vf_to_vi_round(vf a) {
  return _mm256_cvttps_epi32(_mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
SIMD_INLINE vf vi_to_vf(vi a) { return _mm256_cvtepi32_ps(a); }

SIMD_INLINE vi vi_load_u8(const uint8_t *p) { return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)); }
SIMD_INLINE vi vi_load_u8_partial(const uint8_t *p, int n) {
  uint8_t bytes[8] = {0};
  for (int i = 0; i < n; i++)
    bytes[i] = p[i];
  return vi_load_u8(bytes);
}
SIMD_INLINE void vi_store_u8(uint8_t *p, vi v) {
  /* The low bytes of each half, then the two halves side by side. */
  __m256i bytes = _mm256_shuffle_epi8(v, _mm256_set1_epi32(0x0c080400));
  __m128i both = _mm_unpacklo_epi32(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1));
  _mm_storel_epi64((__m128i *)p, both);
}
SIMD_INLINE void vi_store_u8_partial(uint8_t *p, vi v, int n) {
  uint8_t bytes[8];
  vi_store_u8(bytes, v);
  for (int i = 0; i < n; i++)
    p[i] = bytes[i];
}

#endif
