#ifndef APUS_CONV_CONV_LIST_H
#define APUS_CONV_CONV_LIST_H

/* What an implementation of convolution hands to the plan. */

#include "apus/conv2d.h"

typedef struct apus_conv2d_entry {
  const char *name; /* as in APUS_FORCE */
  /* Takes the plan's shape, pass and tier, setting scratch_bytes and detail, and gives 1 with the reason why; or 0 with the
   * reason why not. The reasons are constant texts. Everything that is not this entry's own is filled in before. */
  int (*take)(apus_conv2d_plan *plan, const char **reason);
  void (*forward)(const apus_conv2d_plan *plan, const float *x, const float *w, const apus_conv2d_epilogue *epilogue, float *y,
                  void *scratch);
  void (*backward_data)(const apus_conv2d_plan *plan, const float *dy, const float *w, float *dx, void *scratch);
  void (*backward_weights)(const apus_conv2d_plan *plan, const float *x, const float *dy, float *dw, void *scratch);
  /* Writes plan->packed_bytes; NULL where that is always 0. */
  void (*pack_weights)(const apus_conv2d_plan *plan, const float *w, void *packed);
} apus_conv2d_entry;

extern const apus_conv2d_entry apus_conv2d_depthwise;
extern const apus_conv2d_entry apus_conv2d_winograd;
extern const apus_conv2d_entry apus_conv2d_bf16;
extern const apus_conv2d_entry apus_conv2d_direct;
extern const apus_conv2d_entry apus_conv2d_im2col;
extern const apus_conv2d_entry apus_conv2d_reference;

/* In the order in which the plan asks them. */
extern const apus_conv2d_entry *const apus_conv2d_list[APUS_CONV2D_IMPLEMENTATIONS];

#endif
