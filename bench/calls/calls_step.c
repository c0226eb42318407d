/* Calls of a training step besides: bias and ReLU, optimizers, gradients. */
#include "calls.h"

/* ---- bias and ReLU ------------------------------------------------------------------------------------------------- */

void call_relu_forward(void *call) {
  const bias_activation_call *c = call;
  apus_relu_forward(c->count, c->x, c->out);
}

void call_relu_backward(void *call) {
  const bias_activation_call *c = call;
  apus_relu_backward(c->count, c->y, c->dy, c->out);
}

void call_bias_activation_forward(void *call) {
  const bias_activation_call *c = call;
  apus_bias_activation_forward(c->rows, c->channels, c->x, c->bias, c->activation, c->out);
}

void call_bias_activation_backward(void *call) {
  const bias_activation_call *c = call;
  apus_bias_activation_backward(c->rows, c->channels, c->y, c->dy, c->activation, c->out, c->dbias, c->scratch);
}

/* ---- optimizers and gradients ------------------------------------------------------------------------------------ */

void call_optimizer(void *call) {
  optimizer_call *c = call;
  apus_optimizer_step(c->rule, c->items, c->item, &c->options);
}

void call_gradient_squares(void *call) {
  const gradient_call *c = call;
  apus_gradient_squares(c->items, c->item, c->scratch, c->sums);
}

void call_gradient_scale(void *call) {
  const gradient_call *c = call;
  apus_gradient_scale(c->items, c->item, c->number);
}

void call_gradient_clip(void *call) {
  const gradient_call *c = call;
  apus_gradient_clip(c->items, c->item, c->number);
}

void call_gradient_clip_units(void *call) {
  const gradient_call *c = call;
  apus_gradient_clip_units(c->rows, c->columns, c->value, c->item[0].gradient, c->number, 1e-3f, c->scratch);
}
