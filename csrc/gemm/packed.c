/* Our own matrix product: the choice between its schemes. */

#include "gemm/packed.h"
#include "apus/runtime.h"

/* In the order asked; the last takes everything. */
static const apus_gemm_scheme *const schemes[] = {&apus_gemm_outer_products, &apus_gemm_few_rows, &apus_gemm_transposed_product,
                                                  &apus_gemm_blocks};

static int take(apus_gemm_plan *plan, const char **reason) {
  if (plan->isa == APUS_ISA_REFERENCE) {
    *reason = "the reference tier has no kernels";
    return 0;
  }
  int i = 0;
  while (!schemes[i]->take(plan, reason))
    i++;
  plan->detail[0] = i;
  return 1;
}

static void run(const apus_gemm_plan *plan, const float *a, const float *b, const float *bias, apus_activation activation,
                float *c, void *scratch) {
  const apus_gemm_job job = {.plan = plan,
                             .kernels = apus_tile_for((apus_isa)plan->isa),
                             .a = a,
                             .b = b,
                             .bias = bias,
                             .activation = activation,
                             .c = c,
                             .scratch = scratch};
  schemes[plan->detail[0]]->run(&job);
}

const apus_gemm_entry apus_gemm_packed = {"packed", take, run};
