#include "runtime/simd/simd_generic.h"

#include "optimizer/gradient.c.inc"

const apus_gradient_kernels apus_gradient_generic = {.squares = gradient_squares,
                                                     .scale = gradient_scale,
                                                     .clip = gradient_clip,
                                                     .unit_squares = gradient_unit_squares,
                                                     .scale_units = gradient_scale_units};
