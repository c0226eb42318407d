/* Drivers of reductions. What is divided, and how, depends on the sizes alone. */

#include "elementwise/reduce.h"
#include "apus/reference/elementwise.h"

#include "apus/runtime.h"
#include "elementwise/kernels.h"
#include "runtime/columns.h"

/* GRAIN: elements that are worth a thread. With MANY outer indices they are shared out, and nothing else is; so is a single
 * reduction of fewer than SMALL elements. Above WIDE columns, strips of them are shared out instead of chunks of rows. */
enum { GRAIN = 16384, MANY = 32, SMALL = 2 * GRAIN, WIDE = 512, STRIP = 64 };

typedef struct job {
  const apus_elementwise_kernels *kernels;
  apus_reduction operation;
  int64_t middle, inner, chunks;
  const float *x;
  float *y;
  int32_t *positions;
} job;

static void reduce_rows(const job *j, int64_t rows, const float *x, float *y) {
  if (j->inner == 1)
    *y = j->kernels->reduce_row(j->operation, rows, x);
  else
    j->kernels->reduce_columns(j->operation, rows, j->inner, j->inner, x, y);
}

static void outer_range(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  for (int64_t o = begin; o < end; o++)
    reduce_rows(j, j->middle, j->x + o * j->middle * j->inner, j->y + o * j->inner);
}

static void chunk_range(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  for (int64_t chunk = begin; chunk < end; chunk++) {
    int64_t row = columns_chunk_begin(j->middle, j->chunks, chunk);
    reduce_rows(j, columns_chunk_begin(j->middle, j->chunks, chunk + 1) - row, j->x + row * j->inner, j->y + chunk * j->inner);
  }
}

static void strip_range(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  int64_t first = begin * STRIP, last = end * STRIP < j->inner ? end * STRIP : j->inner;
  j->kernels->reduce_columns(j->operation, j->middle, last - first, j->inner, j->x + first, j->y + first);
}

/* One outer index, its rows in chunks that are merged in a fixed tree. */
static void reduce_in_chunks(job *j) {
  float partials[COLUMNS_CHUNKS * WIDE];
  float *y = j->y;
  j->chunks = columns_chunks(j->middle, j->inner, sizeof *partials);
  j->y = partials;
  apus_parallel_for(j->chunks, 1, chunk_range, j);
  for (int64_t step = 1; step < j->chunks; step *= 2)
    for (int64_t i = 0; i + step < j->chunks; i += 2 * step)
      for (int64_t c = 0; c < j->inner; c++)
        partials[i * j->inner + c] = reduce_pair(j->operation, partials[i * j->inner + c], partials[(i + step) * j->inner + c]);
  for (int64_t c = 0; c < j->inner; c++)
    y[c] = partials[c];
}

void apus_reduce_f32(apus_reduction operation, int64_t outer, int64_t middle, int64_t inner, const float *x, float *y) {
  const apus_elementwise_kernels *kernels = apus_elementwise_current();
  if (!kernels) {
    apus_reduce_reference_f32(operation, outer, middle, inner, x, y);
    return;
  }
  if (inner == 0)
    return;
  int64_t each = middle * inner;
  if (outer >= MANY || each < SMALL) {
    job j = {.kernels = kernels, .operation = operation, .middle = middle, .inner = inner, .x = x, .y = y};
    apus_parallel_for(outer, each < GRAIN ? GRAIN / (each ? each : 1) : 1, outer_range, &j);
    return;
  }
  for (int64_t o = 0; o < outer; o++) {
    job j = {.kernels = kernels, .operation = operation, .middle = middle, .inner = inner, .x = x + o * each, .y = y + o * inner};
    if (inner <= WIDE)
      reduce_in_chunks(&j);
    else
      apus_parallel_for((inner + STRIP - 1) / STRIP, GRAIN / (middle * STRIP) + 1, strip_range, &j);
  }
}

static void argmax_range(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  apus_argmax_reference_f32(end - begin, j->middle, j->inner, j->x + begin * j->middle * j->inner,
                            j->positions + begin * j->inner);
}

void apus_argmax_f32(int64_t outer, int64_t middle, int64_t inner, const float *x, int32_t *y) {
  job j = {.middle = middle, .inner = inner, .x = x, .positions = y};
  int64_t each = middle * inner;
  if (apus_isa_current() == APUS_ISA_REFERENCE)
    apus_argmax_reference_f32(outer, middle, inner, x, y);
  else
    apus_parallel_for(outer, each < GRAIN ? GRAIN / (each ? each : 1) : 1, argmax_range, &j);
}
