#ifndef APUS_LOSS_TIERS_H
#define APUS_LOSS_TIERS_H

#include <stdint.h>

#include "apus/runtime.h"
#include "loss/kernels.h"

/* The chosen tier's kernels; NULL: the reference. */
static inline const apus_loss_kernels *apus_loss_tier(void) {
  static const apus_loss_kernels *const tiers[APUS_ISA_COUNT] = {
    [APUS_ISA_GENERIC] = &apus_loss_generic,
#if defined(__x86_64__)
    [APUS_ISA_AVX2] = &apus_loss_avx2,
    [APUS_ISA_AVX512] = &apus_loss_avx512,
#elif defined(__aarch64__)
    [APUS_ISA_NEON] = &apus_loss_neon,
#endif
  };
  return tiers[apus_isa_current()];
}

/* Elements that are worth a thread: an exponential costs several times what a product does. */
enum { APUS_LOSS_EXPONENTIALS = 4096, APUS_LOSS_PRODUCTS = 16384 };

/* Rows that are. */
static inline int64_t apus_loss_grain(int64_t classes, int64_t elements) { return classes > 0 ? elements / classes + 1 : 1; }

#endif
