#ifndef APUS_REFERENCE_POOL2D_H
#define APUS_REFERENCE_POOL2D_H

#include "apus/pool2d.h"

/* The references of apus/pool2d.h. Nothing is refused: a kernel that does not fit has no outputs. */

#ifdef __cplusplus
extern "C" {
#endif

void apus_max_pool2d_forward_reference_f32(const apus_pool2d *shape, const float *x, float *y, void *mask);
void apus_max_pool2d_forward_reference_f64(const apus_pool2d *shape, const double *x, double *y, void *mask);
void apus_max_pool2d_backward_reference_f32(const apus_pool2d *shape, const float *dy, const void *mask, float *dx);
void apus_max_pool2d_backward_reference_f64(const apus_pool2d *shape, const double *dy, const void *mask, double *dx);
void apus_average_pool2d_forward_reference_f32(const apus_pool2d *shape, const float *x, float *y);
void apus_average_pool2d_forward_reference_f64(const apus_pool2d *shape, const double *x, double *y);
void apus_average_pool2d_backward_reference_f32(const apus_pool2d *shape, const float *dy, float *dx);
void apus_average_pool2d_backward_reference_f64(const apus_pool2d *shape, const double *dy, double *dx);

#ifdef __cplusplus
}
#endif
#endif
