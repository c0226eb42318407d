#ifndef APUS_NORM_PART_H
#define APUS_NORM_PART_H

/* The first n lanes of a vector, n a number that is most often all of them; after a tier's simd header. */

SIMD_INLINE vf part_load(const float *p, int n) { return n == SIMD_LANES ? vf_load(p) : vf_load_partial(p, n); }

SIMD_INLINE void part_store(float *p, vf v, int n) {
  if (n == SIMD_LANES)
    vf_store(p, v);
  else
    vf_store_partial(p, v, n);
}

#endif
