#ifndef APUS_OPTIMIZER_RULES_H
#define APUS_OPTIMIZER_RULES_H

#include "apus/optimizer.h"

/* A rule of one tier: serial; elements [first, last) of one parameter. */
typedef void optimizer_step(const apus_optimizer_item *item, int64_t first, int64_t last, const apus_optimizer_options *options);

typedef struct optimizer_rule {
  const char *name; /* as the enumeration has it, without the prefix */
  optimizer_step *step;
} optimizer_rule;

typedef struct apus_optimizer_kernels {
  const optimizer_rule *rules; /* by apus_optimizer */
} apus_optimizer_kernels;

extern const apus_optimizer_kernels apus_optimizer_generic;
#if defined(__x86_64__)
extern const apus_optimizer_kernels apus_optimizer_avx2, apus_optimizer_avx512;
#elif defined(__aarch64__)
extern const apus_optimizer_kernels apus_optimizer_neon;
#endif

#endif
