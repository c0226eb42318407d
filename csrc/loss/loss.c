#include "apus/loss.h"

int64_t apus_labels_check(int64_t rows, int64_t classes, const int32_t *labels) {
  for (int64_t i = 0; i < rows; i++)
    if (labels[i] < 0 || labels[i] >= classes)
      return i;
  return -1;
}

void apus_softmax_cross_entropy_forward(int64_t rows, int64_t classes, const float *logits, const int32_t *labels, float *losses,
                                        float *probabilities) {
  apus_softmax_cross_entropy_forward_reference_f32(rows, classes, logits, labels, losses, probabilities);
}

void apus_softmax_cross_entropy_backward(int64_t rows, int64_t classes, const float *probabilities, const int32_t *labels,
                                         float factor, float *dlogits) {
  apus_softmax_cross_entropy_backward_reference_f32(rows, classes, probabilities, labels, factor, dlogits);
}

void apus_softmax_forward(int64_t rows, int64_t classes, const float *x, float *y) {
  apus_softmax_forward_reference_f32(rows, classes, x, y);
}

void apus_softmax_backward(int64_t rows, int64_t classes, const float *y, const float *dy, float *dx) {
  apus_softmax_backward_reference_f32(rows, classes, y, dy, dx);
}
