/* Drivers of what treats pairs of elements: the broadcast space is taken apart into runs in which each operand is contiguous or
 * one element. */

#include "apus/reference/elementwise.h"
#include "apus/runtime.h"
#include "elementwise/broadcast.h"
#include "elementwise/kernels.h"

/* Elements that are worth a thread; rows shorter than SHORT_ROW are gathered, up to TILE elements together. */
enum { GRAIN = 16384, GRAIN_POWER = 1024, SHORT_ROW = 64, TILE = 512 };

typedef struct job {
  const apus_elementwise_kernels *kernels;
  int operation;
  apus_broadcast space; /* collapsed: at least two axes, the last two make a plane */
  const float *a, *b;
  float *y;
  uint8_t *mask; /* of a comparison, else NULL */
} job;

/* Axes of size 1 dropped, neighbors that both operands step through as one axis merged, at least two axes. */
static apus_broadcast collapsed(const apus_broadcast *s) {
  apus_broadcast c = {.axes = 0};
  for (int axis = 0; axis < s->axes; axis++) {
    int last = c.axes - 1;
    if (s->sizes[axis] == 1)
      continue;
    if (last >= 0 && c.a_strides[last] == s->a_strides[axis] * s->sizes[axis] &&
        c.b_strides[last] == s->b_strides[axis] * s->sizes[axis]) {
      c.sizes[last] *= s->sizes[axis];
    } else {
      c.sizes[++last] = s->sizes[axis];
      c.axes++;
    }
    c.a_strides[last] = s->a_strides[axis];
    c.b_strides[last] = s->b_strides[axis];
  }
  if (c.axes == 0)
    c = (apus_broadcast){.axes = 1, .sizes = {1}, .a_strides = {1}, .b_strides = {1}};
  if (c.axes == 1)
    c = (apus_broadcast){.axes = 2, .sizes = {1, c.sizes[0]}, .a_strides = {0, c.a_strides[0]}, .b_strides = {0, c.b_strides[0]}};
  return c;
}

/* One operand in one plane, and the elements gathered from it. */
typedef struct operand {
  const float *plane;
  int64_t row_stride, stride, columns;
  float gathered[TILE];
  int64_t held; /* column from which on `gathered` holds TILE elements of an operand whose rows are all the same; -1: none */
} operand;

/* Leaves `gathered` as it is: clearing it would cost more than a small tensor does. */
static void operand_prepare(operand *o, const int64_t *strides, const apus_broadcast *s) {
  o->row_stride = strides[s->axes - 2];
  o->stride = strides[s->axes - 1];
  o->columns = s->sizes[s->axes - 1];
}

/* `count` elements from an element of the plane on; *step: as the kernels'. */
static const float *operand_run(operand *o, int64_t element, int64_t count, int *step) {
  int64_t row = element / o->columns, column = element % o->columns;
  const float *first = o->plane + row * o->row_stride + column * o->stride;
  int one_row = column + count <= o->columns;
  *step = !(o->stride == 0 && (one_row || o->row_stride == 0));
  if (!*step || (o->stride == 1 && (one_row || o->row_stride == o->columns)))
    return first;
  if (o->row_stride == 0) {
    if (o->held == column)
      return o->gathered;
    o->held = column;
    count = TILE;
  }
  for (int64_t i = 0; i < count; row++, column = 0)
    for (; column < o->columns && i < count; column++)
      o->gathered[i++] = o->plane[row * o->row_stride + column * o->stride];
  return o->gathered;
}

/* Elements [begin, end) of the result. */
static void binary_range(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  const apus_broadcast *s = &j->space;
  const int64_t columns = s->sizes[s->axes - 1], plane = s->sizes[s->axes - 2] * columns;
  apus_broadcast planes = *s; /* the axes in front of the plane */
  planes.axes -= 2;
  operand a, b;
  operand_prepare(&a, s->a_strides, s);
  operand_prepare(&b, s->b_strides, s);
  const int64_t whole = columns < SHORT_ROW ? TILE / columns * columns : 0;
  const int direct = a.stride <= 1 && a.stride >= 0 && b.stride <= 1 && b.stride >= 0;

  for (int64_t position = begin; position < end;) {
    int64_t index = position / plane, element = position % plane;
    a.plane = j->a + broadcast_offset(&planes, s->a_strides, index);
    b.plane = j->b + broadcast_offset(&planes, s->b_strides, index);
    a.held = b.held = -1;
    int64_t stop = end - position < plane - element ? element + end - position : plane;
    while (element < stop) {
      int64_t column = element % columns;
      int64_t run = whole && column == 0 ? whole : columns - column;
      if (!direct && run > TILE)
        run = TILE;
      if (run > stop - element)
        run = stop - element;
      int a_step, b_step;
      const float *pa = operand_run(&a, element, run, &a_step), *pb = operand_run(&b, element, run, &b_step);
      if (j->mask)
        j->kernels->compare((apus_comparison)j->operation, run, pa, a_step, pb, b_step, j->mask + position);
      else
        j->kernels->binary((apus_binary)j->operation, run, pa, a_step, pb, b_step, j->y + position);
      element += run;
      position += run;
    }
  }
}

void apus_binary_f32(apus_binary operation, const apus_broadcast *space, const float *a, const float *b, float *y) {
  job j = {.kernels = apus_elementwise_current(), .operation = (int)operation, .a = a, .b = b, .y = y};
  int64_t count = broadcast_count(space);
  if (!j.kernels) {
    apus_binary_reference_f32(operation, space, a, b, y);
  } else if (count > 0) {
    j.space = collapsed(space);
    apus_parallel_for(count, operation == APUS_POWER ? GRAIN_POWER : GRAIN, binary_range, &j);
  }
}

void apus_compare_f32(apus_comparison operation, const apus_broadcast *space, const float *a, const float *b, uint8_t *y) {
  job j = {.kernels = apus_elementwise_current(), .operation = (int)operation, .a = a, .b = b, .mask = y};
  int64_t count = broadcast_count(space);
  if (!j.kernels) {
    apus_compare_reference_f32(operation, space, a, b, y);
  } else if (count > 0) {
    j.space = collapsed(space);
    apus_parallel_for(count, GRAIN, binary_range, &j);
  }
}
