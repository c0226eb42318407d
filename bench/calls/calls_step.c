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

const optimizer_variant call_optimizer_variants[] = {
    {"sgd", APUS_SGD, 0, 0, 3, {.learning_rate = 0.1}},
    {"sgd.momentum", APUS_SGD, 1, 0, 5, {.learning_rate = 0.1, .momentum = 0.9}},
    {"sgd.nesterov", APUS_SGD, 1, 0, 0, {.learning_rate = 0.1, .momentum = 0.9, .nesterov = 1}},
    {"adam", APUS_ADAM, 3, 2, 7, {.learning_rate = 0.1, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-3, .bias_correction = 1}},
    {"adam.uncorrected", APUS_ADAM, 3, 2, 0, {.learning_rate = 0.1, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-3}},
    {"adamw",
     APUS_ADAM,
     3,
     2,
     0,
     {.learning_rate = 0.1, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-3, .bias_correction = 1, .decoupled = 1}},
    {"rmsprop", APUS_RMSPROP, 1, 1, 5, {.learning_rate = 0.1, .beta2 = 0.9, .epsilon = 1e-3}},
    {"rmsprop.inside", APUS_RMSPROP, 1, 1, 0, {.learning_rate = 0.1, .beta2 = 0.9, .epsilon = 1e-3, .epsilon_inside = 1}},
    {"rmsprop.centered", APUS_RMSPROP, 3, 1, 0, {.learning_rate = 0.1, .beta2 = 0.9, .epsilon = 1e-3, .centered = 1}},
    {"rmsprop.momentum", APUS_RMSPROP, 5, 1, 0, {.learning_rate = 0.1, .momentum = 0.9, .beta2 = 0.9, .epsilon = 1e-3}},
    {"rmsprop.full",
     APUS_RMSPROP,
     7,
     1,
     9,
     {.learning_rate = 0.1, .momentum = 0.9, .beta2 = 0.9, .epsilon = 1e-3, .centered = 1}},
    {"adagrad", APUS_ADAGRAD, 1, 1, 5, {.learning_rate = 0.1, .epsilon = 1e-10, .rate_decay = 0.01}},
    {"sign_sgd", APUS_SIGN_SGD, 0, 0, 3, {.learning_rate = 0.1}},
    {"signum", APUS_SIGN_SGD, 1, 0, 5, {.learning_rate = 0.1, .momentum = 0.9}},
    {"ascent", APUS_ASCENT, 1, 0, 3, {.learning_rate = 0.1}},
    {.name = NULL},
};

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
