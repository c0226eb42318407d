#include "gemm/tile.h"

const apus_tile_kernels *apus_tile_for(apus_isa isa) {
  switch (isa) {
#if defined(__x86_64__)
  case APUS_ISA_AVX512:
    return &apus_tile_avx512;
  case APUS_ISA_AVX2:
    return &apus_tile_avx2;
#elif defined(__aarch64__)
  case APUS_ISA_NEON:
    return &apus_tile_neon;
#endif
  default:
    return &apus_tile_generic;
  }
}
