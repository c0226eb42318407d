#ifndef APUS_RUNTIME_SIMD_NEON_H
#define APUS_RUNTIME_SIMD_NEON_H

/* AArch64 NEON: the names that simd_generic.h explains. */

#include <arm_neon.h>
#include <stdint.h>

#define SIMD_TARGET
#define SIMD_LANES 4
#define SIMD_HAS_FMA 1
#define SIMD_INLINE static inline __attribute__((always_inline))

typedef float32x4_t vf;
typedef int32x4_t vi;
typedef uint32x4_t vm;

SIMD_INLINE vf vf_load(const float *p) { return vld1q_f32(p); }
SIMD_INLINE void vf_store(float *p, vf v) { vst1q_f32(p, v); }
/* By lanes, not through an array: that would lie on the stack in the inner loop of a register tile. */
SIMD_INLINE vf vf_load_partial(const float *p, int n) {
  switch (n) {
  case 4:
    return vf_load(p);
  case 3:
    return vcombine_f32(vld1_f32(p), vld1_lane_f32(p + 2, vdup_n_f32(0), 0));
  case 2:
    return vcombine_f32(vld1_f32(p), vdup_n_f32(0));
  case 1:
    return vld1q_lane_f32(p, vdupq_n_f32(0), 0);
  default:
    return vdupq_n_f32(0);
  }
}
SIMD_INLINE void vf_store_partial(float *p, vf v, int n) {
  if (n == 4) {
    vf_store(p, v);
    return;
  }
  if (n >= 2)
    vst1_f32(p, vget_low_f32(v));
  if (n == 1)
    vst1q_lane_f32(p, v, 0);
  if (n == 3)
    vst1q_lane_f32(p + 2, v, 2);
}
SIMD_INLINE void vf_stream(float *p, vf v) { vst1q_f32(p, v); }
SIMD_INLINE void simd_fence(void) {}
SIMD_INLINE vf vf_set1(float x) { return vdupq_n_f32(x); }
SIMD_INLINE vf vf_set2(const float *p) {
  float32x2_t both = vld1_f32(p);
  return vcombine_f32(both, both);
}
SIMD_INLINE vf vf_zero(void) { return vdupq_n_f32(0); }

SIMD_INLINE vf vf_add(vf a, vf b) { return vaddq_f32(a, b); }
SIMD_INLINE vf vf_sub(vf a, vf b) { return vsubq_f32(a, b); }
SIMD_INLINE vf vf_mul(vf a, vf b) { return vmulq_f32(a, b); }
SIMD_INLINE vf vf_div(vf a, vf b) { return vdivq_f32(a, b); }
SIMD_INLINE vf vf_fma(vf a, vf b, vf c) { return vfmaq_f32(c, a, b); }
SIMD_INLINE vf vf_sqrt(vf a) { return vsqrtq_f32(a); }
SIMD_INLINE vf vf_abs(vf a) { return vabsq_f32(a); }
SIMD_INLINE vf vf_neg(vf a) { return vnegq_f32(a); }

SIMD_INLINE vm vf_gt(vf a, vf b) { return vcgtq_f32(a, b); }
SIMD_INLINE vm vf_ge(vf a, vf b) { return vcgeq_f32(a, b); }
SIMD_INLINE vm vf_lt(vf a, vf b) { return vcltq_f32(a, b); }
SIMD_INLINE vm vf_le(vf a, vf b) { return vcleq_f32(a, b); }
SIMD_INLINE vm vf_eq(vf a, vf b) { return vceqq_f32(a, b); }
SIMD_INLINE vm vf_unordered(vf a, vf b) { return vmvnq_u32(vandq_u32(vceqq_f32(a, a), vceqq_f32(b, b))); }
SIMD_INLINE vm vm_or(vm a, vm b) { return vorrq_u32(a, b); }
SIMD_INLINE vm vm_and(vm a, vm b) { return vandq_u32(a, b); }
SIMD_INLINE vm vm_not(vm a) { return vmvnq_u32(a); }
SIMD_INLINE vf vf_blend(vm m, vf a, vf b) { return vbslq_f32(m, a, b); }
SIMD_INLINE vf vf_mask(vm m, vf a) { return vreinterpretq_f32_u32(vandq_u32(m, vreinterpretq_u32_f32(a))); }

/* fmax and fmin order -0 below +0; comparing keeps the first operand of equal ones, as on the other tiers. */
SIMD_INLINE vf vf_max(vf a, vf b) { return vf_blend(vm_or(vf_gt(b, a), vf_unordered(b, b)), b, a); }
SIMD_INLINE vf vf_min(vf a, vf b) { return vf_blend(vm_or(vf_lt(b, a), vf_unordered(b, b)), b, a); }
SIMD_INLINE vf vf_relu(vf x) { return vf_mask(vm_not(vcltzq_f32(x)), x); }

SIMD_INLINE float vf_reduce_add(vf v) {
  float32x2_t pair = vadd_f32(vget_low_f32(v), vget_high_f32(v));
  return vget_lane_f32(pair, 0) + vget_lane_f32(pair, 1);
}
SIMD_INLINE float vf_reduce_max(vf v) {
  v = vf_max(v, vextq_f32(v, v, 2));
  return vgetq_lane_f32(vf_max(v, vextq_f32(v, v, 1)), 0);
}

SIMD_INLINE vi vi_load(const int32_t *p) { return vld1q_s32(p); }
SIMD_INLINE vf vf_permute(vf v, vi lanes) {
  /* Lane i of 4 bytes is bytes 4i … 4i + 3. */
  uint32x4_t bytes = vmlaq_n_u32(vdupq_n_u32(0x03020100), vreinterpretq_u32_s32(lanes), 0x04040404);
  return vreinterpretq_f32_u8(vqtbl1q_u8(vreinterpretq_u8_f32(v), vreinterpretq_u8_u32(bytes)));
}
SIMD_INLINE vf vf_swap(vf v) { return vrev64q_f32(v); }
SIMD_INLINE vi vi_set1(int32_t x) { return vdupq_n_s32(x); }
SIMD_INLINE vi vi_add(vi a, vi b) { return vaddq_s32(a, b); }
SIMD_INLINE vi vi_sub(vi a, vi b) { return vsubq_s32(a, b); }
SIMD_INLINE vi vi_shl(vi a, int n) { return vshlq_s32(a, vdupq_n_s32(n)); }
SIMD_INLINE vi vi_shr(vi a, int n) { return vreinterpretq_s32_u32(vshlq_u32(vreinterpretq_u32_s32(a), vdupq_n_s32(-n))); }
SIMD_INLINE vi vi_and(vi a, vi b) { return vandq_s32(a, b); }
SIMD_INLINE vi vi_or(vi a, vi b) { return vorrq_s32(a, b); }
SIMD_INLINE vm vi_eq(vi a, vi b) { return vceqq_s32(a, b); }
SIMD_INLINE vi vi_blend(vm m, vi a, vi b) { return vbslq_s32(m, a, b); }
SIMD_INLINE vi vf_to_vi_round(vf a) { return vcvtnq_s32_f32(a); }
SIMD_INLINE vf vi_to_vf(vi a) { return vcvtq_f32_s32(a); }
SIMD_INLINE vi vf_as_vi(vf a) { return vreinterpretq_s32_f32(a); }
SIMD_INLINE vf vi_as_vf(vi a) { return vreinterpretq_f32_s32(a); }

SIMD_INLINE vi vi_load_u8_partial(const uint8_t *p, int n) {
  int32_t lanes[4] = {0, 0, 0, 0};
  for (int i = 0; i < n; i++)
    lanes[i] = p[i];
  return vld1q_s32(lanes);
}
SIMD_INLINE vi vi_load_u8(const uint8_t *p) { return vi_load_u8_partial(p, 4); }
SIMD_INLINE void vi_store_u8_partial(uint8_t *p, vi v, int n) {
  int32_t lanes[4];
  vst1q_s32(lanes, v);
  for (int i = 0; i < n; i++)
    p[i] = (uint8_t)lanes[i];
}
SIMD_INLINE void vi_store_u8(uint8_t *p, vi v) { vi_store_u8_partial(p, v, 4); }

#endif
