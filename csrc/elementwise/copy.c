/* Copies between a contiguous tensor and one with strides. */

#include <string.h>

#include "apus/elementwise.h"
#include "apus/runtime.h"

enum { GRAIN = 16384 };

/* Axes of size 1 dropped, neighbours that step as one axis merged; the last axis is the fastest. */
typedef struct layout {
  int axes;
  int64_t sizes[APUS_MAX_AXES], strides[APUS_MAX_AXES];
} layout;

static layout merged(int axes, const int64_t *sizes, const int64_t *strides) {
  layout l = {0};
  for (int axis = 0; axis < axes; axis++) {
    if (sizes[axis] == 1)
      continue;
    int last = l.axes - 1;
    if (last >= 0 && l.strides[last] == strides[axis] * sizes[axis]) {
      l.sizes[last] *= sizes[axis];
      l.strides[last] = strides[axis];
    } else {
      l.sizes[l.axes] = sizes[axis];
      l.strides[l.axes++] = strides[axis];
    }
  }
  if (l.axes == 0) {
    l.axes = 1;
    l.sizes[0] = l.strides[0] = 1;
  }
  return l;
}

/* One row: `count` elements; strides in elements. */
static void copy_row(int element_bytes, int64_t count, const char *x, int64_t x_stride, char *y, int64_t y_stride) {
  if (x_stride == 1 && y_stride == 1) {
    memcpy(y, x, (size_t)(count * element_bytes));
    return;
  }
  switch (element_bytes) {
  case 1:
    for (int64_t i = 0; i < count; i++)
      y[i * y_stride] = x[i * x_stride];
    break;
  case 4:
    for (int64_t i = 0; i < count; i++)
      memcpy(y + i * y_stride * 4, x + i * x_stride * 4, 4);
    break;
  default:
    for (int64_t i = 0; i < count; i++)
      memcpy(y + i * y_stride * 8, x + i * x_stride * 8, 8);
  }
}

typedef struct job {
  int element_bytes;
  int into; /* the strides belong to y */
  layout layout;
  const char *x;
  char *y;
} job;

/* Rows [begin, end) of the merged layout. */
static void copy_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  const layout *l = &j->layout;
  int last = l->axes - 1;
  int64_t count = l->sizes[last], stride = l->strides[last];
  for (int64_t row = begin; row < end; row++) {
    int64_t index = row, offset = 0;
    for (int axis = last - 1; axis >= 0; axis--) {
      offset += index % l->sizes[axis] * l->strides[axis];
      index /= l->sizes[axis];
    }
    int64_t strided = offset * j->element_bytes, packed = row * count * j->element_bytes;
    if (j->into)
      copy_row(j->element_bytes, count, j->x + packed, 1, j->y + strided, stride);
    else
      copy_row(j->element_bytes, count, j->x + strided, stride, j->y + packed, 1);
  }
}

static void copy(job *j, int axes, const int64_t *sizes, const int64_t *strides) {
  j->layout = merged(axes, sizes, strides);
  int64_t rows = 1, count = j->layout.sizes[j->layout.axes - 1];
  for (int axis = 0; axis < j->layout.axes - 1; axis++)
    rows *= j->layout.sizes[axis];
  if (rows > 0 && count > 0)
    apus_parallel_for(rows, (GRAIN + count - 1) / count, copy_rows, j);
}

void apus_copy_strided(int element_bytes, int axes, const int64_t *sizes, const int64_t *x_strides, const void *x, void *y) {
  job j = {.element_bytes = element_bytes, .into = 0, .x = x, .y = y};
  copy(&j, axes, sizes, x_strides);
}

void apus_copy_strided_into(int element_bytes, int axes, const int64_t *sizes, const int64_t *y_strides, const void *x, void *y) {
  job j = {.element_bytes = element_bytes, .into = 1, .x = x, .y = y};
  copy(&j, axes, sizes, y_strides);
}
