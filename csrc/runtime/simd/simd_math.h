#ifndef APUS_RUNTIME_SIMD_MATH_H
#define APUS_RUNTIME_SIMD_MATH_H

/* exp and log over one tier's header (which must be included before). At most 2 ulp from the true value.
 * The polynomials are those of the Cephes library (S. Moshier, expf.c and logf.c). */

/* exp(inf) = inf, exp(-inf) = 0, exp(NaN) = NaN; results below the smallest normal number are rounded to subnormals. */
SIMD_INLINE vf vf_exp(vf x) {
  const vf bound_low = vf_set1(-104), bound_high = vf_set1(89);
  vm is_nan = vf_unordered(x, x);
  vf t = vf_min(vf_max(vf_blend(is_nan, vf_zero(), x), bound_low), bound_high);

  /* x = n·ln 2 + r with |r| <= ln 2 / 2; ln 2 in two parts, the first with so few bits that n times it is exact. */
  vi n = vf_to_vi_round(vf_mul(t, vf_set1(0x1.715476p+0f)));
  vf nf = vi_to_vf(n);
  vf r = vf_sub(vf_sub(t, vf_mul(nf, vf_set1(0x1.63p-1f))), vf_mul(nf, vf_set1(-0x1.bd0106p-13f)));

  vf p = vf_set1(1.9875691500e-4f);
  p = vf_fma(p, r, vf_set1(1.3981999507e-3f));
  p = vf_fma(p, r, vf_set1(8.3334519073e-3f));
  p = vf_fma(p, r, vf_set1(4.1665795894e-2f));
  p = vf_fma(p, r, vf_set1(1.6666665459e-1f));
  p = vf_fma(p, r, vf_set1(5.0000001201e-1f));
  vf y = vf_add(vf_fma(vf_mul(r, r), p, r), vf_set1(1));

  /* 2^n as a product of two normal powers: n reaches from -150 to 128. */
  vi half = vi_sub(vi_shr(vi_add(n, vi_set1(256)), 1), vi_set1(128));
  vf scale_1 = vi_as_vf(vi_shl(vi_add(half, vi_set1(127)), 23));
  vf scale_2 = vi_as_vf(vi_shl(vi_add(vi_sub(n, half), vi_set1(127)), 23));
  return vf_blend(is_nan, x, vf_mul(vf_mul(y, scale_1), scale_2));
}

/* log(0) = -inf, log(x < 0) = NaN, log(inf) = inf, log(NaN) = NaN; subnormal x are right. */
SIMD_INLINE vf vf_log(vf x) {
  vm is_small = vf_lt(x, vf_set1(0x1p-126f));
  vf t = vf_blend(is_small, vf_mul(x, vf_set1(0x1p24f)), x);

  /* x = 2^e · m with m in [sqrt(1/2), sqrt(2)). */
  vi bits = vf_as_vi(t);
  vf e = vi_to_vf(vi_sub(vi_shr(bits, 23), vi_set1(126)));
  e = vf_sub(e, vf_mask(is_small, vf_set1(24)));
  vf m = vi_as_vf(vi_or(vi_and(bits, vi_set1(0x007fffff)), vi_set1(0x3f000000)));
  vm below = vf_lt(m, vf_set1(0x1.6a09e6p-1f));
  e = vf_sub(e, vf_mask(below, vf_set1(1)));
  m = vf_sub(vf_add(m, vf_mask(below, m)), vf_set1(1));

  vf p = vf_set1(7.0376836292e-2f);
  p = vf_fma(p, m, vf_set1(-1.1514610310e-1f));
  p = vf_fma(p, m, vf_set1(1.1676998740e-1f));
  p = vf_fma(p, m, vf_set1(-1.2420140846e-1f));
  p = vf_fma(p, m, vf_set1(1.4249322787e-1f));
  p = vf_fma(p, m, vf_set1(-1.6668057665e-1f));
  p = vf_fma(p, m, vf_set1(2.0000714765e-1f));
  p = vf_fma(p, m, vf_set1(-2.4999993993e-1f));
  p = vf_fma(p, m, vf_set1(3.3333331174e-1f));
  vf m2 = vf_mul(m, m);
  vf y = vf_mul(vf_mul(p, m), m2);
  y = vf_fma(e, vf_set1(-2.12194440e-4f), y);
  y = vf_sub(y, vf_mul(vf_set1(0.5f), m2));
  y = vf_fma(e, vf_set1(0.693359375f), vf_add(m, y));

  const vf infinity = vf_set1(__builtin_inff());
  y = vf_blend(vf_eq(x, vf_zero()), vf_neg(infinity), y);
  y = vf_blend(vf_eq(x, infinity), x, y);
  y = vf_blend(vf_lt(x, vf_zero()), vf_set1(__builtin_nanf("")), y);
  return vf_blend(vf_unordered(x, x), x, y);
}

#endif
