#ifndef APUS_REFERENCE_CONV2D_H
#define APUS_REFERENCE_CONV2D_H

#include "apus/conv2d.h"

/* The references of apus/conv2d.h. Nothing is refused: a kernel that does not fit has no outputs. `accumulate` as in the options.
 */

#ifdef __cplusplus
extern "C" {
#endif

/* As apus_conv2d_epilogue. */
typedef struct apus_conv2d_epilogue_f64 {
  const double *bias, *mean, *scale, *shift, *residual;
  apus_activation activation;
  const apus_activation_function *function;
} apus_conv2d_epilogue_f64;

/* epilogue may be NULL. */
void apus_conv2d_forward_reference_f32(const apus_conv2d *shape, const float *x, const float *w,
                                       const apus_conv2d_epilogue *epilogue, float *y);
void apus_conv2d_forward_reference_f64(const apus_conv2d *shape, const double *x, const double *w,
                                       const apus_conv2d_epilogue_f64 *epilogue, double *y);
void apus_conv2d_backward_data_reference_f32(const apus_conv2d *shape, const float *dy, const float *w, int accumulate,
                                             float *dx);
void apus_conv2d_backward_data_reference_f64(const apus_conv2d *shape, const double *dy, const double *w, int accumulate,
                                             double *dx);
void apus_conv2d_backward_weights_reference_f32(const apus_conv2d *shape, const float *x, const float *dy, int accumulate,
                                                float *dw);
void apus_conv2d_backward_weights_reference_f64(const apus_conv2d *shape, const double *x, const double *dy, int accumulate,
                                                double *dw);

#ifdef __cplusplus
}
#endif
#endif
