/* Copies between a contiguous tensor and one with strides. */

#include <string.h>

#include "apus/elementwise.h"
#include "apus/runtime.h"

/* GRAIN: elements that are worth a thread. SIDE: of a block of a transposition. */
enum { GRAIN = 16384, SIDE = 16 };

/* Axes of size 1 dropped, neighbors that step as one axis merged; the last axis is the fastest. */
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

/* Elements (i, j) of a plane, i < rows, j < columns; strides in elements. */
typedef struct plane {
  int64_t rows, columns, x_row, x_column, y_row, y_column;
} plane;

static inline void copy_elements(int64_t bytes, const plane *p, const char *x, char *y) {
  for (int64_t i = 0; i < p->rows; i++)
    for (int64_t j = 0; j < p->columns; j++)
      memcpy(y + (i * p->y_row + j * p->y_column) * bytes, x + (i * p->x_row + j * p->x_column) * bytes, (size_t)bytes);
}

/* One loop a size: with the size known, each memcpy is a load and a store. */
static void copy_plane(int element_bytes, const plane *p, const char *x, char *y) {
  if (p->x_column == 1 && p->y_column == 1)
    for (int64_t i = 0; i < p->rows; i++)
      memcpy(y + i * p->y_row * element_bytes, x + i * p->x_row * element_bytes, (size_t)(p->columns * element_bytes));
  else if (element_bytes == 1)
    copy_elements(1, p, x, y);
  else if (element_bytes == 4)
    copy_elements(4, p, x, y);
  else
    copy_elements(8, p, x, y);
}

typedef struct job {
  int element_bytes;
  int into; /* the strides belong to y */
  layout layout;
  const char *x;
  char *y;
  /* A transposition is done in blocks of `block` rows along `axis`, in which the strided side is contiguous, by `width` columns
   * along the last one, in which the packed side is: both sides then use whole cache lines. Without such an axis, it is -1. */
  int axis;
  int64_t block, blocks, width;
} job;

/* Item = (indices of the axes but `axis` and the last one, block of `axis`). */
static void copy_items(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  const layout *l = &j->layout;
  const int last = l->axes - 1;
  const int64_t columns = l->sizes[last], stride = l->strides[last];
  for (int64_t item = begin; item < end; item++) {
    int64_t index = item / j->blocks, first = item % j->blocks * j->block, packed = 0, strided = 0, step = columns, row_step = 0;
    for (int axis = last - 1; axis >= 0; step *= l->sizes[axis--]) {
      int64_t at = first;
      if (axis != j->axis) {
        at = index % l->sizes[axis];
        index /= l->sizes[axis];
      } else {
        row_step = step;
      }
      packed += at * step;
      strided += at * l->strides[axis];
    }
    int64_t rows = j->axis < 0 ? 1 : l->sizes[j->axis] - first < j->block ? l->sizes[j->axis] - first : j->block;
    for (int64_t column = 0; column < columns; column += j->width) {
      int64_t width = columns - column < j->width ? columns - column : j->width;
      int64_t p = (packed + column) * j->element_bytes, s = (strided + column * stride) * j->element_bytes;
      if (j->into)
        copy_plane(j->element_bytes, &(plane){rows, width, row_step, 1, 1, stride}, j->x + p, j->y + s);
      else
        copy_plane(j->element_bytes, &(plane){rows, width, 1, stride, row_step, 1}, j->x + s, j->y + p);
    }
  }
}

static void copy(job *j, int axes, const int64_t *sizes, const int64_t *strides) {
  j->layout = merged(axes, sizes, strides);
  const layout *l = &j->layout;
  const int last = l->axes - 1;
  int64_t items = 1;
  for (int axis = 0; axis < last; axis++)
    items *= l->sizes[axis];
  if (items == 0 || l->sizes[last] == 0)
    return;
  j->axis = -1;
  j->blocks = j->block = 1;
  j->width = l->sizes[last];
  for (int axis = 0; axis < last && l->strides[last] != 1; axis++)
    if (l->strides[axis] == 1)
      j->axis = axis;
  if (j->axis >= 0) {
    int64_t rows = l->sizes[j->axis];
    j->width = SIDE;
    j->block = l->sizes[last] < SIDE ? SIDE * SIDE / l->sizes[last] : SIDE;
    j->blocks = (rows + j->block - 1) / j->block;
    items = items / rows * j->blocks;
  }
  apus_parallel_for(items, GRAIN / (j->block * l->sizes[last]) + 1, copy_items, j);
}

void apus_copy_strided(int element_bytes, int axes, const int64_t *sizes, const int64_t *x_strides, const void *x, void *y) {
  job j = {.element_bytes = element_bytes, .into = 0, .x = x, .y = y};
  copy(&j, axes, sizes, x_strides);
}

void apus_copy_strided_into(int element_bytes, int axes, const int64_t *sizes, const int64_t *y_strides, const void *x, void *y) {
  job j = {.element_bytes = element_bytes, .into = 1, .x = x, .y = y};
  copy(&j, axes, sizes, y_strides);
}
