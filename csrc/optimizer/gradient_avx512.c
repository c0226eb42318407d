#if defined(__x86_64__)
#include "runtime/simd/simd_avx512.h"

#include "optimizer/gradient.c.inc"

const apus_gradient_kernels apus_gradient_avx512 = {.squares = gradient_squares,
                                                    .scale = gradient_scale,
                                                    .clip = gradient_clip,
                                                    .unit_squares = gradient_unit_squares,
                                                    .scale_units = gradient_scale_units};
#endif
