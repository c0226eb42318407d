#ifndef APUS_CLASS_LOSS_H
#define APUS_CLASS_LOSS_H

#include <stddef.h>
#include <stdint.h>

/* Losses of scores [rows, classes]: one number a row, not yet reduced, and their gradients from those of the losses. In all of
 * them p = softmax(z), L_j = −log p_j = log Σ_k exp(z_k − max) + (max − z_j), w_j = weights[j] or 1. A row whose label is
 * `ignored` has loss and gradient 0, and without smoothing so has one whose label has weight 0, whatever its scores. Forward:
 * probabilities (kept for backward) may be logits, or NULL. Backward: the gradient may be probabilities. Nothing needs scratch;
 * the f32 functions share rows among threads. */

#ifdef __cplusplus
extern "C" {
#endif

#define APUS_IGNORE_NONE INT64_MIN

/* Rows and what they should be. */
typedef struct apus_label_rows {
  int64_t rows, classes;
  const int32_t *labels; /* [rows], each in 0 ..< classes or `ignored`: apus_label_rows_check first */
  int64_t ignored;       /* APUS_IGNORE_NONE: every row counts */
} apus_label_rows;

/* Index of the first label that is neither in 0 ..< classes nor ignored, or −1. */
int64_t apus_label_rows_check(const apus_label_rows *rows);
/* Index of the first row of targets [rows, classes] that is no distribution (an element not finite or outside 0 … 1, or a sum
 * further than 1e-3 from 1), or −1. */
int64_t apus_target_rows_check_f32(int64_t rows, int64_t classes, const float *targets);
int64_t apus_target_rows_check_f64(int64_t rows, int64_t classes, const double *targets);
/* row_weights [rows]: weights[label], 1 where weights is NULL, 0 where the label is ignored. */
void apus_label_weights_f32(const apus_label_rows *rows, const float *weights, float *row_weights);
void apus_label_weights_f64(const apus_label_rows *rows, const double *weights, double *row_weights);

/* Cross-entropy with class weights [classes] or NULL and label smoothing e (Szegedy et al. 2016):
 *   loss = Σ_j q_j L_j,  q_j = w_j e / classes + [j = label] w_label (1 − e)
 *   dz_j = dloss · (p_j Σ_k q_k − q_j) */
void apus_label_cross_entropy_forward(const apus_label_rows *rows, const float *weights, float smoothing, const float *logits,
                                      float *losses, float *probabilities);
void apus_label_cross_entropy_backward(const apus_label_rows *rows, const float *weights, float smoothing,
                                       const float *probabilities, const float *dlosses, float *dlogits);
/* The same with targets t [rows, classes]: q_j = w_j (t_j (1 − e) + e / classes). A class with q_j = 0 adds nothing, whatever its
 * logit. */
void apus_target_cross_entropy_forward(int64_t rows, int64_t classes, const float *targets, const float *weights, float smoothing,
                                       const float *logits, float *losses, float *probabilities);
void apus_target_cross_entropy_backward(int64_t rows, int64_t classes, const float *targets, const float *weights,
                                        float smoothing, const float *probabilities, const float *dlosses, float *dlogits);

/* Focal loss, p the label's probability (Lin et al. 2017): loss = w (1 − p)^γ L, γ >= 0. 1 − p is the sum of the others'
 * probabilities, so that it does not cancel. slopes [rows] are kept for backward:
 *   dz_j = dloss · slope · (p_j − [j = label]),  slope = w (1 − p)^γ (1 + γ p L / (1 − p)) */
void apus_focal_forward(const apus_label_rows *rows, const float *weights, float gamma, const float *logits, float *losses,
                        float *slopes, float *probabilities);
void apus_focal_backward(const apus_label_rows *rows, const float *slopes, const float *probabilities, const float *dlosses,
                         float *dlogits);

/* Multiclass hinge (Weston & Watkins 1999): loss = w Σ_{j ≠ label} max(0, s_j − s_label + margin);
 * dscores_j = dloss · w where that is above 0, and for the label minus their sum. */
void apus_hinge_forward(const apus_label_rows *rows, const float *weights, float margin, const float *scores, float *losses);
void apus_hinge_backward(const apus_label_rows *rows, const float *weights, float margin, const float *scores,
                         const float *dlosses, float *dscores);

/* Negative log-likelihood of log-probabilities: loss = −w · x_label; dx is 0 elsewhere. */
void apus_negative_log_likelihood_forward_f32(const apus_label_rows *rows, const float *weights, const float *x, float *losses);
void apus_negative_log_likelihood_forward_f64(const apus_label_rows *rows, const double *weights, const double *x,
                                              double *losses);
void apus_negative_log_likelihood_backward_f32(const apus_label_rows *rows, const float *weights, const float *dlosses,
                                               float *dx);
void apus_negative_log_likelihood_backward_f64(const apus_label_rows *rows, const double *weights, const double *dlosses,
                                               double *dx);

#ifdef __cplusplus
}
#endif
#endif
