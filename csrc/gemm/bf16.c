#include "gemm/bf16.h"

#include "apus/runtime.h"
#include "gemm/pack.h"

const apus_bf16_kernels *apus_bf16_for(apus_isa isa, const char **reason) {
#if defined(__x86_64__)
  if (isa == APUS_ISA_AVX512 && __builtin_cpu_supports("avx512bf16"))
    return &apus_bf16_avx512;
#endif
  *reason = isa == APUS_ISA_AVX512 ? "this CPU does not multiply bfloat16" : "this tier does not multiply bfloat16";
  return 0;
}

void apus_bf16_panel_transposed(const apus_bf16_kernels *kernels, const float *b, int64_t stride, int64_t k, int64_t columns,
                                int64_t width, float *panel) {
  enum { STEPS = 32 };
  float rows[STEPS * 64]; /* in the first-level cache; no tier's panel is wider than 64 */
  for (int64_t i = 0; i < k; i += STEPS) {
    const int64_t count = k - i < STEPS ? k - i : STEPS;
    apus_transpose(b + i, stride, columns, count, rows, width);
    kernels->round_panel(rows, width, count, columns, width, panel + i / 2 * width);
  }
}
