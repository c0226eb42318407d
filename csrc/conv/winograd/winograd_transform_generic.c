#include "runtime/simd/simd_generic.h"

#include "conv/winograd/winograd_transform.c.inc"

const apus_winograd_kernels apus_winograd_generic[APUS_WINOGRAD_FORMS] = WINOGRAD_TABLES;
