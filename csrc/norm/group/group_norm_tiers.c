#include "norm/group/group_norm.h"

const apus_group_norm_kernels *const apus_group_norm_tiers[APUS_ISA_COUNT] = {
    [APUS_ISA_GENERIC] = &apus_group_norm_generic,
#if defined(__x86_64__)
    [APUS_ISA_AVX2] = &apus_group_norm_avx2,
    [APUS_ISA_AVX512] = &apus_group_norm_avx512,
#elif defined(__aarch64__)
    [APUS_ISA_NEON] = &apus_group_norm_neon,
#endif
};
