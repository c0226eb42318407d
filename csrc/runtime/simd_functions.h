#ifndef APUS_RUNTIME_SIMD_FUNCTIONS_H
#define APUS_RUNTIME_SIMD_FUNCTIONS_H

/* What activation functions are made of, over one tier's header (which must be included before). Infinities give their limits.
 * NaN does not survive here: the loop over the elements puts it back. Polynomials without a source are minimax fits to the
 * function named beside them, their coefficients rounded to float. */

/* |y| with the sign of x. */
SIMD_INLINE vf vf_copy_sign(vf y, vf x) { return vi_as_vf(vi_or(vf_as_vi(vf_abs(y)), vi_and(vf_as_vi(x), vi_set1(INT32_MIN)))); }

/* x = n·ln 2 + r, |r| <= ln 2 / 2, for x <= 0; ln 2 in two parts, the first with so few bits that n times it is exact. */
SIMD_INLINE vf vf_reduce_falling(vf x, vi *n) {
  *n = vf_to_vi_round(vf_mul(x, vf_set1(0x1.715476p+0f)));
  vf nf = vi_to_vf(*n);
  return vf_fma(nf, vf_set1(0x1.bd0106p-13f), vf_sub(x, vf_mul(nf, vf_set1(0x1.63p-1f))));
}

/* (e^r − 1 − r) / r² for |r| <= ln 2 / 2. */
SIMD_INLINE vf vf_exp_polynomial(vf r) {
  vf p = vf_set1(0x1.a19e2ep-13f);
  p = vf_fma(p, r, vf_set1(0x1.6d749ep-10f));
  p = vf_fma(p, r, vf_set1(0x1.111092p-7f));
  p = vf_fma(p, r, vf_set1(0x1.5554aep-5f));
  p = vf_fma(p, r, vf_set1(0x1.555556p-3f));
  return vf_fma(p, r, vf_set1(0.5f));
}

/* e^(x + rest) for x <= 0 and a small rest. Below −104 it is 0. Under 1 unit in the last place. */
SIMD_INLINE vf vf_exp_sum_falling(vf x, vf rest) {
  vf t = vf_blend(vf_gt(x, vf_set1(-105)), x, vf_set1(-105));
  vi n;
  vf r = vf_add(vf_reduce_falling(t, &n), rest);
  /* 1 + r and what that loses, then the small rest. */
  vf sum = vf_add(vf_set1(1), r), lost = vf_sub(r, vf_sub(sum, vf_set1(1)));
  vf y = vf_add(sum, vf_fma(vf_mul(r, r), vf_exp_polynomial(r), lost));
  /* 2^n as a product of two normal powers: only the second one rounds, to a subnormal. */
  vf power = vi_as_vf(vi_shl(vi_add(n, vi_set1(64 + 127)), 23));
  return vf_mul(vf_mul(y, power), vf_set1(0x1p-64f));
}

SIMD_INLINE vf vf_exp_falling(vf x) { return vf_exp_sum_falling(x, vf_zero()); }

/* e^x − 1 for x <= 0: it is 2^n·(e^r − 1) + (2^n − 1). Under 1 unit in the last place. */
SIMD_INLINE vf vf_expm1_falling(vf x) {
  vf t = vf_blend(vf_gt(x, vf_set1(-25)), x, vf_set1(-25)); /* e^-25 is less than half a unit of 1 */
  vi n;
  vf r = vf_reduce_falling(t, &n), power = vi_as_vf(vi_shl(vi_add(n, vi_set1(127)), 23));
  return vf_fma(power, vf_fma(vf_mul(r, r), vf_exp_polynomial(r), r), vf_sub(power, vf_set1(1)));
}

/* log(1 + e) for 0 <= e <= 1: with s = e / (2 + e) it is 2·atanh s = 2s·(1 + s²·p(s²)). */
SIMD_INLINE vf vf_log1p_unit(vf e) {
  vf t = vf_div(vf_add(e, e), vf_add(vf_set1(2), e)), half = vf_mul(t, vf_set1(0.5f)), z = vf_mul(half, half);
  vf p = vf_set1(0x1.1ef874p-3f);
  p = vf_fma(p, z, vf_set1(0x1.1eb610p-3f));
  p = vf_fma(p, z, vf_set1(0x1.99d27cp-3f));
  p = vf_fma(p, z, vf_set1(0x1.5555p-2f));
  return vf_fma(vf_mul(t, z), p, t);
}

/* 1 / (1 + e^−x), from e = e^−|x|, so that neither end overflows: 1 − q above 0, e − e·q below, q = e / (1 + e). Within 2 units
 * in the last place. */
SIMD_INLINE vf vf_sigmoid(vf x) {
  vf e = vf_exp_falling(vf_neg(vf_abs(x))), q = vf_div(e, vf_add(vf_set1(1), e));
  return vf_blend(vf_lt(x, vf_zero()), vf_fma(vf_neg(e), q, e), vf_sub(vf_set1(1), q));
}

/* |x| < 0.625: a polynomial of the Cephes library (S. Moshier, tanhf.c); else 1 − 2e / (1 + e) with e = e^−2|x|. Within 2 units
 * in the last place. */
SIMD_INLINE vf vf_tanh(vf x) {
  vf size = vf_abs(x), z = vf_mul(x, x);
  vf p = vf_set1(-5.70498872745e-3f);
  p = vf_fma(p, z, vf_set1(2.06390887954e-2f));
  p = vf_fma(p, z, vf_set1(-5.37397155531e-2f));
  p = vf_fma(p, z, vf_set1(1.33314422036e-1f));
  p = vf_fma(p, z, vf_set1(-3.33332819422e-1f));
  vf near = vf_fma(vf_mul(p, z), x, x);
  vf e = vf_exp_falling(vf_mul(vf_set1(-2), size));
  vf far = vf_sub(vf_set1(1), vf_div(vf_add(e, e), vf_add(vf_set1(1), e)));
  return vf_blend(vf_lt(size, vf_set1(0.625f)), near, vf_copy_sign(far, x));
}

/* Of the normal distribution at t = |x|, where it is at least 1: p = t·Φ(−t)·e^(t²/2) and bell = e^(−t²/2), so that Φ(−t) is
 * p·bell / t. p is a polynomial in s = (t − 3) / (t + 3), fitted for t <= 15, where Φ(−t) is 0 as a float. The square is taken in
 * two parts, since e^ magnifies its rounding: the high half of t has an exact one. Without polynomial, bell holds for t < 1 too.
 */
SIMD_INLINE vf vf_normal_tail(vf x, vf *bell) {
  vf t = vf_blend(vf_lt(vf_abs(x), vf_set1(15)), vf_abs(x), vf_set1(15)), half = vf_set1(-0.5f);
  vf high = vi_as_vf(vi_and(vf_as_vi(t), vi_set1(-4096)));
  *bell = vf_exp_sum_falling(vf_mul(vf_mul(high, high), half), vf_mul(vf_mul(vf_sub(t, high), vf_add(t, high)), half));

  vf s = vf_div(vf_sub(t, vf_set1(3)), vf_add(t, vf_set1(3)));
  vf p = vf_set1(-0x1.1c2b0ap-11f);
  p = vf_fma(p, s, vf_set1(-0x1.5a213cp-15f));
  p = vf_fma(p, s, vf_set1(0x1.03c07ap-8f));
  p = vf_fma(p, s, vf_set1(-0x1.c76e1cp-10f));
  p = vf_fma(p, s, vf_set1(-0x1.d8ced0p-6f));
  p = vf_fma(p, s, vf_set1(0x1.76475cp-4f));
  p = vf_fma(p, s, vf_set1(-0x1.1e04b0p-3f));
  p = vf_fma(p, s, vf_set1(0x1.c20d34p-4f));
  return vf_fma(p, s, vf_set1(0x1.754a76p-2f));
}

/* Φ(x) for |x| <= 1: 1/2 + x·p(x²). */
SIMD_INLINE vf vf_normal_middle(vf x) {
  vf z = vf_mul(x, x);
  vf p = vf_set1(-0x1.f4d388p-18f);
  p = vf_fma(p, z, vf_set1(0x1.d9c178p-14f));
  p = vf_fma(p, z, vf_set1(-0x1.36d8aep-10f));
  p = vf_fma(p, z, vf_set1(0x1.46cc3ep-7f));
  p = vf_fma(p, z, vf_set1(-0x1.105826p-4f));
  p = vf_fma(p, z, vf_set1(0x1.988454p-2f));
  return vf_fma(x, p, vf_set1(0.5f));
}

#endif
