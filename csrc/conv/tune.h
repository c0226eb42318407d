#ifndef APUS_CONV_TUNE_H
#define APUS_CONV_TUNE_H

/* Choices that were measured, from the file that the environment's APUS_TUNE names. A line an entry; # begins a comment:
 *
 *   conv2d PASS TIER THREADS PRECISION  BATCH HEIGHT WIDTH IN OUT  KERNEL_H KERNEL_W STRIDE_H STRIDE_W DILATION_H DILATION_W
 *     TOP LEFT BOTTOM RIGHT GROUPS  IMPLEMENTATION
 *
 * on one line: names as in plans, the rest whole numbers. Without the variable nothing is read; with it the file is read once a
 * process, by the first plan. Bits change only as they do between implementations. */

#include "apus/conv2d.h"

/* The entry's implementation into *implementation and its line into *line, or −1 where there is none. Fails where the file cannot
 * be read or is wrong. */
apus_status apus_conv2d_tuned(const apus_conv2d_plan *plan, int *implementation, int *line, apus_error *error);

/* An entry's line but for the implementation: two plans of one key have one choice. Returns what snprintf does. */
int apus_conv2d_tune_key(const apus_conv2d_plan *plan, char *buffer, size_t size);

#endif
