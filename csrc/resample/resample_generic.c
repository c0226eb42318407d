#include "runtime/simd/simd_generic.h"

#include "resample/resample.c.inc"

const apus_resample_kernels apus_resample_generic = {.sum = resample_sum};
