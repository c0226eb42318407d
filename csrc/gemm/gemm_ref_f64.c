#define REAL double
#define GEMM apus_gemm_reference_f64
#include "gemm/gemm_ref.c.inc"
