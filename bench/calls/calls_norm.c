/* Calls of the normalizations. */
#include "calls.h"

/* ---- batch norm -------------------------------------------------------------------------------------------------- */

void call_batch_norm_statistics(void *call) {
  const batch_norm_call *c = call;
  apus_batch_norm_statistics(&c->plan, c->x, c->epsilon, c->out_mean, c->out_rest, c->out_variance, c->out_inverse, c->scratch);
}

void call_batch_norm_fold(void *call) {
  const batch_norm_call *c = call;
  apus_batch_norm_fold(c->plan.channels, c->rest, c->inverse, c->gamma, c->beta, c->out_scale, c->out_shift);
}

void call_batch_norm_apply(void *call) {
  const batch_norm_call *c = call;
  const apus_batch_norm_map map = {c->mean, c->scale, c->shift, c->residual, c->activation};
  apus_batch_norm_apply(&c->plan, c->x, &map, c->out);
}

void call_batch_norm_forward(void *call) {
  call_batch_norm_statistics(call);
  call_batch_norm_fold(call);
  call_batch_norm_apply(call);
}

void call_batch_norm_backward(void *call) {
  const batch_norm_call *c = call;
  const apus_batch_norm_backward_arguments arguments = {.x = c->x,
                                                        .dy = c->dy,
                                                        .y = c->y,
                                                        .mean = c->mean,
                                                        .mean_rest = c->rest,
                                                        .inverse_deviation = c->inverse,
                                                        .scale = c->scale,
                                                        .shift = c->shift,
                                                        .gamma = c->gamma,
                                                        .epsilon = c->epsilon,
                                                        .activation = c->activation,
                                                        .dx = c->out,
                                                        .dresidual = c->dresidual,
                                                        .dgamma = c->dgamma,
                                                        .dbeta = c->dbeta};
  if (c->frozen)
    apus_batch_norm_backward_frozen(&c->plan, &arguments, c->scratch);
  else
    apus_batch_norm_backward(&c->plan, &arguments, c->scratch);
}

/* ---- group norm -------------------------------------------------------------------------------------------------- */

void call_group_norm_forward(void *call) {
  const group_norm_call *c = call;
  const apus_group_norm_forward_arguments arguments = {.x = c->x,
                                                       .gamma = c->gamma,
                                                       .beta = c->beta,
                                                       .epsilon = c->epsilon,
                                                       .residual = c->residual,
                                                       .activation = c->activation,
                                                       .y = c->out,
                                                       .mean = c->out_mean,
                                                       .mean_rest = c->out_rest,
                                                       .inverse_deviation = c->out_inverse};
  apus_group_norm_forward(&c->plan, &arguments, c->scratch);
}

void call_group_norm_backward(void *call) {
  const group_norm_call *c = call;
  const apus_group_norm_backward_arguments arguments = {.x = c->x,
                                                        .dy = c->dy,
                                                        .y = c->y,
                                                        .mean = c->mean,
                                                        .mean_rest = c->rest,
                                                        .inverse_deviation = c->inverse,
                                                        .gamma = c->gamma,
                                                        .beta = c->beta,
                                                        .epsilon = c->epsilon,
                                                        .activation = c->activation,
                                                        .dx = c->out,
                                                        .dresidual = c->dresidual,
                                                        .dgamma = c->dgamma,
                                                        .dbeta = c->dbeta};
  apus_group_norm_backward(&c->plan, &arguments, c->scratch);
}

/* ---- local response norm ----------------------------------------------------------------------------------------- */

apus_status call_local_response_norm_plan(local_response_norm_call *call, const bench_shape *line, apus_error *error) {
  const int64_t *n = line->size;
  return apus_local_response_norm_plan_make(&call->plan, n[0], n[1], n[2], (float)shape_number(line, "alpha"),
                                            (float)shape_number(line, "beta"), (float)shape_number(line, "k"), error);
}

void call_local_response_norm_forward(void *call) {
  const local_response_norm_call *c = call;
  apus_local_response_norm_forward(&c->plan, c->x, c->out, c->scratch);
}

void call_local_response_norm_backward(void *call) {
  const local_response_norm_call *c = call;
  apus_local_response_norm_backward(&c->plan, c->x, c->dy, c->out, c->scratch);
}
