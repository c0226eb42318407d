#ifndef APUS_RUNTIME_SIMD_FUNCTIONS_H
#define APUS_RUNTIME_SIMD_FUNCTIONS_H

/* What activation functions are made of, over one tier's header (which must be included before). Infinities give their limits.
 * NaN does not survive here: the loop over the elements puts it back. Polynomials without a source are minimax fits to the
 * function named beside them, their coefficients rounded to float. */

/* |y| with the sign of x. */
SIMD_INLINE vf vf_copy_sign(vf y, vf x) { return vi_as_vf(vi_or(vf_as_vi(vf_abs(y)), vi_and(vf_as_vi(x), vi_set1(INT32_MIN)))); }

/* x = n·ln 2 + r, |r| <= ln 2 / 2, for −110 <= x <= 0; 2^n as an integer to be added to the exponent. A number so large that its
 * units are 1 rounds to a whole n, which is then in its low bits. ln 2 is in two parts, the first with so few bits that n times
 * it is exact. */
SIMD_INLINE vf vf_reduce_falling(vf x, vi *exponent) {
  const vf large = vf_set1(0x1.8p23f);
  vf shifted = vf_fma(x, vf_set1(0x1.715476p+0f), large), n = vf_sub(shifted, large);
  *exponent = vi_shl(vf_as_vi(shifted), 23);
  return vf_fma(n, vf_set1(0x1.bd0106p-13f), vf_fma(n, vf_set1(-0x1.63p-1f), x));
}

/* (e^r − 1 − r) / r² for |r| <= ln 2 / 2, square = r². In pairs: the chain of operations is what takes time. */
SIMD_INLINE vf vf_exp_polynomial(vf r, vf square) {
  vf low = vf_fma(vf_set1(0x1.555556p-3f), r, vf_set1(0.5f)),
     middle = vf_fma(vf_set1(0x1.111092p-7f), r, vf_set1(0x1.5554aep-5f));
  vf high = vf_fma(vf_set1(0x1.a19e2ep-13f), r, vf_set1(0x1.6d749ep-10f));
  return vf_fma(vf_fma(high, square, middle), square, low);
}

/* 2^n·e^r. */
SIMD_INLINE vf vf_exp_reduced_falling(vf r, vi exponent) {
  vf square = vf_mul(r, r);
  /* 1 + r and what that loses, then the small rest. */
  vf sum = vf_add(vf_set1(1), r), lost = vf_sub(r, vf_sub(sum, vf_set1(1)));
  vf y = vf_add(sum, vf_fma(square, vf_exp_polynomial(r, square), lost));
  /* 2^n, which may be subnormal, from a normal power: the product rounds once. */
  vf power = vf_mul(vi_as_vf(vi_add(exponent, vi_set1((64 + 127) << 23))), vf_set1(0x1p-64f));
  return vf_mul(y, power);
}

/* e^x for x <= 0; from −104 down it is 0. Under 1 unit in the last place. */
SIMD_INLINE vf vf_exp_falling(vf x) {
  vi exponent;
  vf r = vf_reduce_falling(vf_blend(vf_gt(x, vf_set1(-105)), x, vf_set1(-105)), &exponent);
  return vf_exp_reduced_falling(r, exponent);
}

/* e^x − 1 for x <= 0: it is 2^n·(e^r − 1) + (2^n − 1). Under 1 unit in the last place. */
SIMD_INLINE vf vf_expm1_falling(vf x) {
  vi exponent;
  /* e^-25 is less than half a unit of 1. */
  vf r = vf_reduce_falling(vf_blend(vf_gt(x, vf_set1(-25)), x, vf_set1(-25)), &exponent), square = vf_mul(r, r);
  vf power = vi_as_vf(vi_add(exponent, vi_set1(127 << 23)));
  return vf_fma(power, vf_fma(square, vf_exp_polynomial(r, square), r), vf_sub(power, vf_set1(1)));
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
 * two parts, since e^ magnifies its rounding: the high half of t has an exact one. bell holds for t < 1 too.
 */
SIMD_INLINE vf vf_normal_tail(vf x, vf *bell) {
  vf t = vf_blend(vf_lt(vf_abs(x), vf_set1(15)), vf_abs(x), vf_set1(15)), half = vf_set1(-0.5f);
  vf high = vi_as_vf(vi_and(vf_as_vi(t), vi_set1(-4096)));
  vi exponent;
  vf r = vf_reduce_falling(vf_mul(vf_mul(high, high), half), &exponent);
  r = vf_fma(vf_mul(vf_sub(t, high), vf_add(t, high)), half, r);
  *bell = vf_exp_reduced_falling(r, exponent);

  vf s = vf_div(vf_sub(t, vf_set1(3)), vf_add(t, vf_set1(3))), z = vf_mul(s, s);
  vf even = vf_fma(vf_set1(-0x1.1c2b0ap-11f), z, vf_set1(0x1.03c07ap-8f)), odd = vf_set1(-0x1.5a213cp-15f);
  even = vf_fma(even, z, vf_set1(-0x1.d8ced0p-6f));
  odd = vf_fma(odd, z, vf_set1(-0x1.c76e1cp-10f));
  even = vf_fma(even, z, vf_set1(-0x1.1e04b0p-3f));
  odd = vf_fma(odd, z, vf_set1(0x1.76475cp-4f));
  even = vf_fma(even, z, vf_set1(0x1.754a76p-2f));
  odd = vf_fma(odd, z, vf_set1(0x1.c20d34p-4f));
  return vf_fma(odd, s, even);
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
