/* Validation and the plan. */

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apus/runtime.h"
#include "conv/conv_list.h"
#include "conv/tune.h"
#include "runtime/choice.h"
#include "runtime/environment.h"
#include "runtime/limits.h"
#include "runtime/scratch.h"
#include "runtime/status.h"

static const char *const pass_names[] = {"forward", "backward_data", "backward_weights"};

static int64_t padded_h(const apus_conv2d *s) { return s->height + s->pad_top + s->pad_bottom; }
static int64_t padded_w(const apus_conv2d *s) { return s->width + s->pad_left + s->pad_right; }

apus_status apus_conv2d_output_size(const apus_conv2d *s, int64_t *out_h, int64_t *out_w, apus_error *error) {
  const apus_size sizes[] = {
      {"batch", s->batch, 0},
      {"height", s->height, 1},
      {"width", s->width, 1},
      {"in_channels", s->in_channels, 1},
      {"out_channels", s->out_channels, 1},
      {"kernel_h", s->kernel_h, 1},
      {"kernel_w", s->kernel_w, 1},
      {"stride_h", s->stride_h, 1},
      {"stride_w", s->stride_w, 1},
      {"dilation_h", s->dilation_h, 1},
      {"dilation_w", s->dilation_w, 1},
      {"pad_top", s->pad_top, 0},
      {"pad_left", s->pad_left, 0},
      {"pad_bottom", s->pad_bottom, 0},
      {"pad_right", s->pad_right, 0},
      {"groups", s->groups, 1},
  };
  apus_status status = apus_check_sizes("conv2d", sizes, sizeof sizes / sizeof sizes[0], APUS_MAX_SIZE, error);
  if (status != APUS_OK)
    return status;
  if (s->in_channels % s->groups != 0 || s->out_channels % s->groups != 0)
    return apus_fail(error, APUS_INVALID_ARGUMENT,
                     "conv2d: in_channels %" PRId64 " and out_channels %" PRId64 " must be multiples of groups %" PRId64,
                     s->in_channels, s->out_channels, s->groups);
  /* No side of y is longer than the padded image's: this bounds x, y and the steps of strides and dilations through both. */
  const int64_t image[] = {apus_max(s->batch, 1), padded_h(s), padded_w(s), apus_max(s->in_channels, s->out_channels)};
  const int64_t filters[] = {s->kernel_h, s->kernel_w, s->in_channels / s->groups, s->out_channels};
  if ((status = apus_check_elements("conv2d", "x with its padding and the larger number of channels", image, 4, error)) !=
          APUS_OK ||
      (status = apus_check_elements("conv2d", "w", filters, 4, error)) != APUS_OK)
    return status;
  status = apus_count_windows("conv2d", (apus_side){padded_h(s), s->kernel_h, s->dilation_h, s->stride_h},
                              (apus_side){padded_w(s), s->kernel_w, s->dilation_w, s->stride_w}, out_h, out_w, error);
  return status == APUS_OK ? apus_succeed(error) : status;
}

/* Everything but the choice. */
static apus_status begin(apus_conv2d_plan *plan, apus_conv2d_pass pass, const apus_conv2d *shape,
                         const apus_conv2d_options *options, apus_error *error) {
  memset(plan, 0, sizeof *plan);
  plan->shape = *shape;
  plan->pass = pass;
  if (options)
    plan->options = *options;
  plan->isa = apus_isa_current();
  plan->threads = apus_thread_count();
  if ((unsigned)pass > APUS_CONV2D_BACKWARD_WEIGHTS)
    return apus_fail(error, APUS_INVALID_ARGUMENT, "conv2d: there is no pass %d", (int)pass);
  if ((unsigned)plan->options.precision > APUS_PRECISION_BF16)
    return apus_fail(error, APUS_INVALID_ARGUMENT, "conv2d: there is no precision %d", (int)plan->options.precision);
  if (pass == APUS_CONV2D_FORWARD && plan->options.accumulate)
    return apus_fail(error, APUS_INVALID_ARGUMENT, "conv2d: the forward pass does not accumulate; give the residual instead");
  if (pass == APUS_CONV2D_BACKWARD_WEIGHTS && plan->options.packed_weights)
    return apus_fail(error, APUS_INVALID_ARGUMENT, "conv2d: backward weights reads no weights that could be packed");
  const apus_status status = apus_conv2d_output_size(shape, &plan->out_h, &plan->out_w, error);
  if (status != APUS_OK)
    return status;
  apus_conv2d *s = &plan->shape;
  s->stride_h = apus_cut_stride(s->stride_h, padded_h(s));
  s->stride_w = apus_cut_stride(s->stride_w, padded_w(s));
  s->dilation_h = apus_cut_dilation(s->dilation_h, s->kernel_h);
  s->dilation_w = apus_cut_dilation(s->dilation_w, s->kernel_w);
  return APUS_OK;
}

/* Asks one implementation. A refusal leaves the plan as it was, but for the reason. */
static int ask(void *asked, int implementation) {
  apus_conv2d_plan *plan = asked;
  if (!apus_conv2d_list[implementation]->take(plan, &plan->reason[implementation]))
    return 0;
  if (!apus_scratch_fits(plan->scratch_bytes, plan->threads)) {
    plan->reason[implementation] = "needs more than 64 MB of scratch a thread";
    plan->scratch_bytes = plan->packed_bytes = 0;
    memset(plan->detail, 0, sizeof plan->detail);
    return 0;
  }
  plan->implementation = (apus_conv2d_implementation)implementation;
  return 1;
}

static const char *name(int implementation) { return apus_conv2d_list[implementation]->name; }

static const apus_choice choice = {"conv2d", "conv", APUS_CONV2D_IMPLEMENTATIONS, name, ask};

static void describe(const void *plan, char *buffer, size_t size) { apus_conv2d_plan_describe(plan, buffer, size); }

static apus_status finish(const apus_conv2d_plan *plan, apus_error *error) {
  apus_choice_print(describe, plan);
  return apus_succeed(error);
}

apus_status apus_conv2d_plan_force(apus_conv2d_plan *plan, apus_conv2d_pass pass, const apus_conv2d *shape,
                                   const apus_conv2d_options *options, apus_conv2d_implementation implementation,
                                   apus_error *error) {
  if ((unsigned)implementation >= APUS_CONV2D_IMPLEMENTATIONS)
    return apus_fail(error, APUS_INVALID_ARGUMENT, "conv2d: there is no implementation %d", (int)implementation);
  apus_status status = begin(plan, pass, shape, options, error);
  if (status != APUS_OK)
    return status;
  plan->forced = 1;
  if (!ask(plan, implementation))
    return apus_fail(error, APUS_UNSUPPORTED, "conv2d: %s declines this %s pass: %s", apus_conv2d_list[implementation]->name,
                     pass_names[pass], plan->reason[implementation]);
  return finish(plan, error);
}

apus_status apus_conv2d_plan_make(apus_conv2d_plan *plan, apus_conv2d_pass pass, const apus_conv2d *shape,
                                  const apus_conv2d_options *options, apus_error *error) {
  int forced;
  apus_status status = apus_choice_forced(&choice, &forced, error);
  if (status != APUS_OK)
    return status;
  if (forced >= 0)
    return apus_conv2d_plan_force(plan, pass, shape, options, (apus_conv2d_implementation)forced, error);
  status = begin(plan, pass, shape, options, error);
  if (status != APUS_OK)
    return status;
  int tuned, line;
  if ((status = apus_conv2d_tuned(plan, &tuned, &line, error)) != APUS_OK)
    return status;
  if (tuned >= 0) {
    plan->forced = 1;
    if (ask(plan, tuned))
      return finish(plan, error);
    return apus_fail(error, APUS_INVALID_ARGUMENT, "APUS_TUNE: %s:%d: %s declines: %s", apus_tune_path(), line,
                     apus_conv2d_list[tuned]->name, plan->reason[tuned]);
  }
  apus_choice_make(&choice, plan, plan->isa == APUS_ISA_REFERENCE ? APUS_CONV2D_REFERENCE : 0);
  return finish(plan, error);
}

int apus_conv2d_plan_reasons(const apus_conv2d_plan *plan, apus_plan_reason reasons[APUS_CONV2D_IMPLEMENTATIONS]) {
  return apus_choice_reasons(&choice, plan->reason, (int)plan->implementation, reasons);
}

void apus_conv2d_plan_describe(const apus_conv2d_plan *plan, char *buffer, size_t size) {
  if (size == 0)
    return;
  const apus_conv2d *s = &plan->shape;
  apus_plan_reason reasons[APUS_CONV2D_IMPLEMENTATIONS];
  const int count = apus_conv2d_plan_reasons(plan, reasons);
  const int used =
      snprintf(buffer, size,
               "conv2d %s [%" PRId64 ", %" PRId64 ", %" PRId64 ", %" PRId64 "] %" PRId64 "x%" PRId64 " -> %" PRId64 " channels",
               pass_names[plan->pass], s->batch, s->height, s->width, s->in_channels, s->kernel_h, s->kernel_w, s->out_channels);
  apus_choice_explain(reasons, count, buffer, size, used);
}

void apus_conv2d_pack_weights(const apus_conv2d_plan *plan, const float *w, void *packed) {
  if (plan->packed_bytes == 0)
    return;
  assert(w && packed);
  apus_conv2d_list[plan->implementation]->pack_weights(plan, w, packed);
}

/* An empty batch: nothing to compute forward, and no gradient. */
static int has_outputs(const apus_conv2d_plan *plan) { return plan->shape.batch > 0; }

static void no_gradient(const apus_conv2d_plan *plan, int64_t count, float *gradient) {
  if (!plan->options.accumulate)
    memset(gradient, 0, (size_t)count * sizeof *gradient);
}

void apus_conv2d_forward(const apus_conv2d_plan *plan, const float *x, const float *w, const apus_conv2d_epilogue *epilogue,
                         float *y, void *scratch) {
  assert(!epilogue || !epilogue->mean || (epilogue->scale && epilogue->shift));
  assert(plan->pass == APUS_CONV2D_FORWARD && apus_is_scratch(scratch, plan->scratch_bytes));
  if (has_outputs(plan))
    apus_conv2d_list[plan->implementation]->forward(plan, x, w, epilogue, y, scratch);
}

void apus_conv2d_backward_data(const apus_conv2d_plan *plan, const float *dy, const float *w, float *dx, void *scratch) {
  assert(plan->pass == APUS_CONV2D_BACKWARD_DATA && apus_is_scratch(scratch, plan->scratch_bytes));
  const apus_conv2d *s = &plan->shape;
  if (has_outputs(plan))
    apus_conv2d_list[plan->implementation]->backward_data(plan, dy, w, dx, scratch);
  else
    no_gradient(plan, s->batch * s->height * s->width * s->in_channels, dx);
}

void apus_conv2d_backward_weights(const apus_conv2d_plan *plan, const float *x, const float *dy, float *dw, void *scratch) {
  assert(plan->pass == APUS_CONV2D_BACKWARD_WEIGHTS && apus_is_scratch(scratch, plan->scratch_bytes));
  const apus_conv2d *s = &plan->shape;
  if (has_outputs(plan))
    apus_conv2d_list[plan->implementation]->backward_weights(plan, x, dy, dw, scratch);
  else
    no_gradient(plan, s->kernel_h * s->kernel_w * (s->in_channels / s->groups) * s->out_channels, dw);
}
