/* Validation, the ordered list of implementations, and the plan. */

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apus/runtime.h"
#include "gemm/gemm_list.h"
#include "runtime/choice.h"
#include "runtime/limits.h"
#include "runtime/scratch.h"
#include "runtime/status.h"

static const apus_gemm_entry *const list[APUS_GEMM_IMPLEMENTATIONS] = {
    [APUS_GEMM_BF16] = &apus_gemm_bf16,
    [APUS_GEMM_PACKED] = &apus_gemm_packed,
    [APUS_GEMM_OPENBLAS] = &apus_gemm_openblas,
    [APUS_GEMM_REFERENCE] = &apus_gemm_reference,
};

const char *apus_gemm_implementation_name(apus_gemm_implementation implementation) {
  return (unsigned)implementation < APUS_GEMM_IMPLEMENTATIONS ? list[implementation]->name : "unknown";
}

/* A matrix of `rows` rows of `columns`, `stride` apart. */
static apus_status check(const char *name, int64_t rows, int64_t columns, int64_t stride, apus_error *error) {
  if (stride < columns)
    return apus_fail(error, APUS_INVALID_ARGUMENT, "gemm: %s has rows of %" PRId64 " elements, but ld%s is %" PRId64, name,
                     columns, name, stride);
  const int64_t sizes[] = {rows, stride};
  return apus_check_elements("gemm", name, sizes, 2, error);
}

/* Everything but the choice. */
static apus_status begin(apus_gemm_plan *plan, const apus_gemm *s, const apus_gemm_options *options, apus_error *error) {
  memset(plan, 0, sizeof *plan);
  plan->shape = *s;
  if (options)
    plan->options = *options;
  plan->isa = apus_isa_current();
  plan->threads = apus_thread_count();
  const apus_size sizes[] = {{"m", s->m, 0},     {"n", s->n, 0},     {"k", s->k, 0},
                             {"lda", s->lda, 1}, {"ldb", s->ldb, 1}, {"ldc", s->ldc, 1}};
  apus_status status = apus_check_sizes("gemm", sizes, sizeof sizes / sizeof sizes[0], APUS_MAX_ELEMENTS, error);
  if (status != APUS_OK)
    return status;
  if ((unsigned)plan->options.precision > APUS_PRECISION_BF16)
    return apus_fail(error, APUS_INVALID_ARGUMENT, "gemm: there is no precision %d", (int)plan->options.precision);
  status = s->transpose_a ? check("a", s->k, s->m, s->lda, error) : check("a", s->m, s->k, s->lda, error);
  if (status == APUS_OK)
    status = s->transpose_b ? check("b", s->n, s->k, s->ldb, error) : check("b", s->k, s->n, s->ldb, error);
  if (status == APUS_OK)
    status = check("c", s->m, s->n, s->ldc, error);
  return status;
}

static int ask(void *asked, int implementation) {
  apus_gemm_plan *plan = asked;
  if (!list[implementation]->take(plan, &plan->reason[implementation]))
    return 0;
  plan->implementation = (apus_gemm_implementation)implementation;
  return 1;
}

static const char *name(int implementation) { return list[implementation]->name; }

static const apus_choice choice = {"gemm", NULL, APUS_GEMM_IMPLEMENTATIONS, name, ask};

static void describe(const void *plan, char *buffer, size_t size) { apus_gemm_plan_describe(plan, buffer, size); }

static apus_status finish(const apus_gemm_plan *plan, apus_error *error) {
  apus_choice_print(describe, plan);
  return apus_succeed(error);
}

apus_status apus_gemm_plan_force(apus_gemm_plan *plan, const apus_gemm *shape, const apus_gemm_options *options,
                                 apus_gemm_implementation implementation, apus_error *error) {
  if ((unsigned)implementation >= APUS_GEMM_IMPLEMENTATIONS)
    return apus_fail(error, APUS_INVALID_ARGUMENT, "gemm: there is no implementation %d", (int)implementation);
  apus_status status = begin(plan, shape, options, error);
  if (status != APUS_OK)
    return status;
  plan->forced = 1;
  if (!ask(plan, implementation))
    return apus_fail(error, APUS_UNSUPPORTED, "gemm: %s declines: %s", list[implementation]->name, plan->reason[implementation]);
  return finish(plan, error);
}

apus_status apus_gemm_plan_make(apus_gemm_plan *plan, const apus_gemm *shape, const apus_gemm_options *options,
                                apus_error *error) {
  int forced;
  apus_status status = apus_choice_forced(&choice, &forced, error);
  if (status != APUS_OK)
    return status;
  if (forced >= 0)
    return apus_gemm_plan_force(plan, shape, options, (apus_gemm_implementation)forced, error);
  status = begin(plan, shape, options, error);
  if (status != APUS_OK)
    return status;
  apus_choice_make(&choice, plan, plan->isa == APUS_ISA_REFERENCE ? APUS_GEMM_REFERENCE : 0);
  return finish(plan, error);
}

int apus_gemm_plan_reasons(const apus_gemm_plan *plan, apus_plan_reason reasons[APUS_GEMM_IMPLEMENTATIONS]) {
  return apus_choice_reasons(&choice, plan->reason, (int)plan->implementation, reasons);
}

void apus_gemm_plan_describe(const apus_gemm_plan *plan, char *buffer, size_t size) {
  if (size == 0)
    return;
  const apus_gemm *s = &plan->shape;
  apus_plan_reason reasons[APUS_GEMM_IMPLEMENTATIONS];
  const int count = apus_gemm_plan_reasons(plan, reasons);
  const int used = snprintf(buffer, size, "gemm [%" PRId64 ", %" PRId64 "]%s x [%" PRId64 ", %" PRId64 "]%s", s->m, s->k,
                            s->transpose_a ? " transposed" : "", s->k, s->n, s->transpose_b ? " transposed" : "");
  apus_choice_explain(reasons, count, buffer, size, used);
}

void apus_gemm_run(const apus_gemm_plan *plan, const float *a, const float *b, const float *bias, apus_activation activation,
                   float *c, void *scratch) {
  assert(apus_is_scratch(scratch, plan->scratch_bytes));
  assert(!plan->shape.accumulate || (!bias && activation == APUS_ACTIVATION_NONE));
  if (plan->shape.m == 0 || plan->shape.n == 0)
    return;
  list[plan->implementation]->run(plan, a, b, bias, activation, c, scratch);
}
