/* The readable code as the list's last implementation. */

#include "apus/reference/gemm.h"
#include "apus/runtime.h"
#include "gemm/gemm_list.h"

static int take(apus_gemm_plan *plan, const char **reason) {
  plan->threads = 1;
  *reason = plan->isa == APUS_ISA_REFERENCE ? "APUS_ISA=reference" : "takes everything";
  return 1;
}

static void run(const apus_gemm_plan *plan, const float *a, const float *b, const float *bias, apus_activation activation,
                float *c, void *scratch) {
  (void)scratch;
  apus_gemm_reference_f32(&plan->shape, a, b, bias, activation, c);
}

const apus_gemm_entry apus_gemm_reference = {"reference", take, run};
