/* Calls of the losses. */
#include "calls.h"

void call_class_loss_forward(void *call) {
  const class_loss_call *c = call;
  switch (c->kind) {
  case LOSS_LABELS:
    apus_label_cross_entropy_forward(&c->rows, c->weights, c->option, c->scores, c->losses, c->out);
    break;
  case LOSS_TARGETS:
    apus_target_cross_entropy_forward(c->rows.rows, c->rows.classes, c->targets, c->weights, c->option, c->scores, c->losses,
                                      c->out);
    break;
  case LOSS_FOCAL:
    apus_focal_forward(&c->rows, c->weights, c->option, c->scores, c->losses, c->slopes, c->out);
    break;
  case LOSS_HINGE:
    apus_hinge_forward(&c->rows, c->weights, c->option, c->scores, c->losses);
    break;
  }
}

void call_class_loss_backward(void *call) {
  const class_loss_call *c = call;
  switch (c->kind) {
  case LOSS_LABELS:
    apus_label_cross_entropy_backward(&c->rows, c->weights, c->option, c->probabilities, c->dlosses, c->out);
    break;
  case LOSS_TARGETS:
    apus_target_cross_entropy_backward(c->rows.rows, c->rows.classes, c->targets, c->weights, c->option, c->probabilities,
                                       c->dlosses, c->out);
    break;
  case LOSS_FOCAL:
    apus_focal_backward(&c->rows, c->given_slopes, c->probabilities, c->dlosses, c->out);
    break;
  case LOSS_HINGE:
    apus_hinge_backward(&c->rows, c->weights, c->option, c->scores, c->dlosses, c->out);
    break;
  }
}

void call_pointwise_loss_forward(void *call) {
  const pointwise_loss_call *c = call;
  apus_pointwise_loss_forward(&c->loss, c->rows, c->columns, c->weights, c->x, c->targets, c->out);
}

void call_pointwise_loss_backward(void *call) {
  const pointwise_loss_call *c = call;
  apus_pointwise_loss_backward(&c->loss, c->rows, c->columns, c->weights, c->x, c->targets, c->dlosses, c->out);
}
