#ifndef APUS_CHECK_GEOMETRIES_H
#define APUS_CHECK_GEOMETRIES_H

#include "check.h"

/* Extreme geometries: strides, dilations, kernels and padding up to the ends of their types around small tensors. A plan either
 * refuses one with the parameter and its bound, or every pass of every implementation that takes it equals the reference.
 * Inputs are small whole numbers, so that sums are exact. */

/* What became of the geometries of a kind. */
typedef struct geometry_tally {
  int64_t made, refused, large, ran; /* refused; accepted but too large to run; run */
  int64_t passes;                    /* runs of one implementation */
} geometry_tally;

/* Each makes one geometry from the generator, says it in the case's text and checks it. */
void check_geometry_conv2d(const char *name, geometry_tally *tally);
void check_geometry_pool2d(const char *name, geometry_tally *tally);
void check_geometry_gemm(const char *name, geometry_tally *tally);
void check_geometry_resample(const char *name, geometry_tally *tally);
void check_geometry_norm(const char *name, geometry_tally *tally);

/* Near a power of two, or near a bound, in least ... most. */
int64_t geometry_extreme(int64_t least, int64_t most);

/* One axis of an image and the windows on it. `dilation` is 1 where `dilates` is 0. With `pads_below_kernel`, as pooling wants
 * it, the kernel may be of any size. Few outputs, unless it is the numbers of a geometry that is refused. */
typedef struct geometry_axis {
  int64_t size, kernel, stride, dilation, before, after;
} geometry_axis;
geometry_axis geometry_axis_make(int is_tame, int is_pooling);

/* The rule that the header gives, in 128 bits: the outputs of an axis, 0 where no window fits. */
int64_t geometry_outputs(const geometry_axis *axis);
/* APUS_OK where windows fit along both axes; else the status, and what the text must hold: both sizes. */
apus_status geometry_expect_windows(const geometry_axis *h, const geometry_axis *w, char *text, size_t size);

/* A named number and the ends of what a plan takes. */
typedef struct geometry_number {
  const char *name;
  int64_t value, least, most;
} geometry_number;
/* APUS_OK where every number is in its range; else the status, and what the text must hold. */
apus_status geometry_expect(const geometry_number *numbers, int count, char *text, size_t size);
/* 1 where the product of 4 sizes is at most APUS_MAX_ELEMENTS. */
int geometry_fits(int64_t a, int64_t b, int64_t c, int64_t d);
/* The status is as expected, and a refusal has the text. 1 where it is APUS_OK as expected. */
int geometry_check_status(apus_status got, apus_status want, const char *text, const apus_error *error, geometry_tally *tally);

/* How many geometries the family made before this one. */
extern int64_t geometry_turn;

/* The tier of this geometry: one in turn, so that all are met. 0 where there is none to run on. */
int geometry_select(void);
/* Runs a body once, at one or three threads, between guards. */
void geometry_run(const char *version, check_body body, void *context, geometry_tally *tally);
int geometry_threads(void);

#endif
