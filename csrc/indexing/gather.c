/* Copies by index, apus/indexing.h. */

#include <string.h>

#include "apus/indexing.h"
#include "apus/runtime.h"
#include "indexing/indexing.h"
#include "runtime/integers.h"

int64_t apus_index_outside(int64_t count, int64_t size, const int32_t *indices) {
  for (int64_t i = 0; i < count; i++)
    if (indices[i] < 0 || indices[i] >= size)
      return i;
  return -1;
}

size_t apus_order_scratch(int64_t rows, int64_t columns, int64_t count) {
  return count <= ORDER_INSERTED ? 0 : (size_t)(2 * rows * columns) * sizeof(int32_t);
}

typedef struct job {
  const apus_indexing *shape;
  int64_t element_bytes;
  const int32_t *indices;
  const char *x;
  char *y;
} job;

/* Item = (o, k): a row of inner elements. */
static void copy_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  const apus_indexing *s = j->shape;
  const int64_t bytes = s->inner * j->element_bytes;
  for (int64_t row = begin; row < end; row++)
    memcpy(j->y + row * bytes, j->x + (row / s->count * s->size + j->indices[row % s->count]) * bytes, (size_t)bytes);
}

static inline void copy_elements(const job *j, int64_t bytes, int64_t begin, int64_t end) {
  const apus_indexing *s = j->shape;
  for (int64_t row = begin; row < end; row++) {
    const char *x = j->x + row / s->count * s->size * s->inner * bytes;
    for (int64_t i = 0; i < s->inner; i++) {
      const int64_t place = row * s->inner + i, index = j->indices[s->per_element ? place : row % s->count];
      memcpy(j->y + place * bytes, x + (index * s->inner + i) * bytes, (size_t)bytes);
    }
  }
}

/* One loop a size: with the size known, each memcpy is a load and a store. */
static void copy_each(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  if (j->element_bytes == 1)
    copy_elements(j, 1, begin, end);
  else if (j->element_bytes == 4)
    copy_elements(j, 4, begin, end);
  else
    copy_elements(j, 8, begin, end);
}

void apus_gather(int element_bytes, const apus_indexing *shape, const int32_t *indices, const void *x, void *y) {
  if (shape->inner == 0)
    return;
  job j = {shape, element_bytes, indices, x, y};
  const int64_t grain = apus_ceil_div(INDEXING_GRAIN, shape->inner);
  apus_parallel_for(shape->outer * shape->count, grain, shape->per_element || shape->inner == 1 ? copy_each : copy_rows, &j);
}
