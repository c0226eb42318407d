#ifndef APUS_ELEMENTWISE_BROADCAST_H
#define APUS_ELEMENTWISE_BROADCAST_H

#include "apus/elementwise.h"

static inline int64_t broadcast_count(const apus_broadcast *space) {
  int64_t count = 1;
  for (int axis = 0; axis < space->axes; axis++)
    count *= space->sizes[axis];
  return count;
}

/* Offset, in an operand with these strides, of element `index` of the row-major result. */
static inline int64_t broadcast_offset(const apus_broadcast *space, const int64_t *strides, int64_t index) {
  int64_t offset = 0;
  for (int axis = space->axes - 1; axis >= 0; axis--) {
    offset += index % space->sizes[axis] * strides[axis];
    index /= space->sizes[axis];
  }
  return offset;
}

#endif
