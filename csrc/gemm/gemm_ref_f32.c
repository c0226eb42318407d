#define REAL float
#define GEMM apus_gemm_reference_f32
#include "gemm/gemm_ref.c.inc"
