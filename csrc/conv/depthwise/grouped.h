#ifndef APUS_CONV_GROUPED_H
#define APUS_CONV_GROUPED_H

/* How vectors hold groups of few channels, and the weights packed for them. */

#include "conv/depthwise/depthwise.h"

/* 1 where at least two groups fit a vector of so many lanes, inputs and outputs. */
int apus_groups_fit(const apus_conv2d *shape, int lanes);
/* Of the convolution, or of its backward data, whose inputs are the outputs. */
apus_group_vectors apus_group_vectors_of(const apus_conv2d *shape, int backward_data, int lanes);
/* Packed weights: [vectors][taps][inputs of a group][lanes], 0 in the lanes that are not in use. */
int64_t apus_group_packed_size(const apus_conv2d *shape, int backward_data, int lanes);
void apus_group_pack(const apus_conv2d *shape, int backward_data, int lanes, const float *w, float *packed);

#endif
