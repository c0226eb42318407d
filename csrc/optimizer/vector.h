#ifndef APUS_OPTIMIZER_VECTOR_H
#define APUS_OPTIMIZER_VECTOR_H

/* What the rules' vectors share; after one tier's simd header. n elements, 1 to SIMD_LANES. */

SIMD_INLINE vf optimizer_load(const float *p, int n) { return n == SIMD_LANES ? vf_load(p) : vf_load_partial(p, n); }

SIMD_INLINE void optimizer_store(float *p, vf v, int n) {
  if (n == SIMD_LANES)
    vf_store(p, v);
  else
    vf_store_partial(p, v, n);
}

/* average + rest·(x − average): 1 − rest need not be a float for the sum of the weights to be 1. */
SIMD_INLINE vf optimizer_average(vf average, vf rest, vf x) { return vf_fma(rest, vf_sub(x, average), average); }

#endif
