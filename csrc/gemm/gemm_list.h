#ifndef APUS_GEMM_GEMM_LIST_H
#define APUS_GEMM_GEMM_LIST_H

/* What an implementation of the matrix product hands to the plan. */

#include "apus/gemm.h"

typedef struct apus_gemm_entry {
  const char *name; /* as in APUS_FORCE */
  /* Takes the plan's shape and tier, setting scratch_bytes and detail, and gives 1 with the reason why; or 0 with the reason
   * why not. The reasons are constant texts. */
  int (*take)(apus_gemm_plan *plan, const char **reason);
  void (*run)(const apus_gemm_plan *plan, const float *a, const float *b, const float *bias, apus_activation activation, float *c,
              void *scratch);
} apus_gemm_entry;

extern const apus_gemm_entry apus_gemm_bf16;
extern const apus_gemm_entry apus_gemm_packed;
extern const apus_gemm_entry apus_gemm_openblas;
extern const apus_gemm_entry apus_gemm_reference;

#endif
