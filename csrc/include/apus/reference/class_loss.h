#ifndef APUS_REFERENCE_CLASS_LOSS_H
#define APUS_REFERENCE_CLASS_LOSS_H

#include "apus/class_loss.h"

/* The references of apus/class_loss.h. */

#ifdef __cplusplus
extern "C" {
#endif

void apus_label_cross_entropy_forward_reference_f32(const apus_label_rows *rows, const float *weights, float smoothing,
                                                    const float *logits, float *losses, float *probabilities);
void apus_label_cross_entropy_forward_reference_f64(const apus_label_rows *rows, const double *weights, double smoothing,
                                                    const double *logits, double *losses, double *probabilities);
void apus_label_cross_entropy_backward_reference_f32(const apus_label_rows *rows, const float *weights, float smoothing,
                                                     const float *probabilities, const float *dlosses, float *dlogits);
void apus_label_cross_entropy_backward_reference_f64(const apus_label_rows *rows, const double *weights, double smoothing,
                                                     const double *probabilities, const double *dlosses, double *dlogits);
void apus_target_cross_entropy_forward_reference_f32(int64_t rows, int64_t classes, const float *targets, const float *weights,
                                                     float smoothing, const float *logits, float *losses, float *probabilities);
void apus_target_cross_entropy_forward_reference_f64(int64_t rows, int64_t classes, const double *targets, const double *weights,
                                                     double smoothing, const double *logits, double *losses,
                                                     double *probabilities);
void apus_target_cross_entropy_backward_reference_f32(int64_t rows, int64_t classes, const float *targets, const float *weights,
                                                      float smoothing, const float *probabilities, const float *dlosses,
                                                      float *dlogits);
void apus_target_cross_entropy_backward_reference_f64(int64_t rows, int64_t classes, const double *targets, const double *weights,
                                                      double smoothing, const double *probabilities, const double *dlosses,
                                                      double *dlogits);
void apus_focal_forward_reference_f32(const apus_label_rows *rows, const float *weights, float gamma, const float *logits,
                                      float *losses, float *slopes, float *probabilities);
void apus_focal_forward_reference_f64(const apus_label_rows *rows, const double *weights, double gamma, const double *logits,
                                      double *losses, double *slopes, double *probabilities);
void apus_focal_backward_reference_f32(const apus_label_rows *rows, const float *slopes, const float *probabilities,
                                       const float *dlosses, float *dlogits);
void apus_focal_backward_reference_f64(const apus_label_rows *rows, const double *slopes, const double *probabilities,
                                       const double *dlosses, double *dlogits);
void apus_hinge_forward_reference_f32(const apus_label_rows *rows, const float *weights, float margin, const float *scores,
                                      float *losses);
void apus_hinge_forward_reference_f64(const apus_label_rows *rows, const double *weights, double margin, const double *scores,
                                      double *losses);
void apus_hinge_backward_reference_f32(const apus_label_rows *rows, const float *weights, float margin, const float *scores,
                                       const float *dlosses, float *dscores);
void apus_hinge_backward_reference_f64(const apus_label_rows *rows, const double *weights, double margin, const double *scores,
                                       const double *dlosses, double *dscores);

#ifdef __cplusplus
}
#endif
#endif
