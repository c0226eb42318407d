/* Drivers: sums go over chunks that the counts alone decide. */

#include "optimizer/gradient.h"

#include <math.h>

#include "apus/runtime.h"
#include "runtime/columns.h"
#include "runtime/integers.h"
#include "runtime/merge.h"

static const apus_gradient_kernels *const tiers[APUS_ISA_COUNT] = {
    [APUS_ISA_GENERIC] = &apus_gradient_generic,
#if defined(__x86_64__)
    [APUS_ISA_AVX2] = &apus_gradient_avx2,
    [APUS_ISA_AVX512] = &apus_gradient_avx512,
#elif defined(__aarch64__)
    [APUS_ISA_NEON] = &apus_gradient_neon,
#endif
};

/* CHUNK: elements of one partial sum; a thread gets two such at least, or GRAIN elements of what is only changed. */
enum { CHUNK = 32768, GRAIN = 32768 };

typedef struct job {
  const apus_gradient_kernels *kernels;
  int64_t items;
  const apus_gradient_item *item;
  double *partials;
  float number; /* factor or limit */
} job;

/* ---- sums of squares --------------------------------------------------------------------------------------------- */

static int64_t count_chunks(int64_t items, const apus_gradient_item *item) {
  int64_t chunks = 0;
  for (int64_t k = 0; k < items; k++)
    chunks += apus_ceil_div(item[k].count, CHUNK);
  return chunks;
}

size_t apus_gradient_squares_scratch(int64_t items, const apus_gradient_item *item) {
  return (size_t)count_chunks(items, item) * sizeof(double);
}

/* Chunks [begin, end) of the sequence of all items' chunks. */
static void squares_range(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  int64_t start = 0; /* first chunk of item k */
  for (int64_t k = 0; k < j->items && start < end; k++) {
    const int64_t count = j->item[k].count, chunks = apus_ceil_div(count, CHUNK);
    for (int64_t c = apus_max(begin - start, 0); c < apus_min(end - start, chunks); c++) {
      const float *x = j->item[k].gradient + c * CHUNK;
      const int64_t n = apus_min(count - c * CHUNK, CHUNK);
      const double sum = j->kernels->squares(n, x);
      /* Not finite: an element is, or a square was too large for a float. */
      j->partials[start + c] = isfinite(sum) ? sum : apus_gradient_squares_reference_f32(n, x);
    }
    start += chunks;
  }
}

void apus_gradient_squares(int64_t items, const apus_gradient_item *item, void *scratch, double *sums) {
  job j = {.kernels = tiers[apus_isa_current()], .items = items, .item = item, .partials = scratch};
  if (!j.kernels) {
    for (int64_t k = 0; k < items; k++)
      sums[k] = apus_gradient_squares_reference_f32(item[k].count, item[k].gradient);
    return;
  }
  apus_parallel_for(count_chunks(items, item), 2, squares_range, &j);
  const double *partial = j.partials;
  for (int64_t k = 0; k < items; k++) {
    sums[k] = 0;
    for (int64_t c = apus_ceil_div(item[k].count, CHUNK); c > 0; c--)
      sums[k] += *partial++;
  }
}

/* ---- every element alone ----------------------------------------------------------------------------------------- */

/* Elements [begin, end) of the sequence of all items' elements. */
static void change_range(const job *j, int64_t begin, int64_t end, void (*change)(int64_t count, float *x, float number)) {
  int64_t start = 0; /* of item k in the sequence */
  for (int64_t k = 0; k < j->items && start < end; start += j->item[k++].count) {
    const int64_t first = apus_max(begin - start, 0), last = apus_min(end - start, j->item[k].count);
    if (first < last)
      change(last - first, j->item[k].gradient + first, j->number);
  }
}

static void scale_range(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  change_range(j, begin, end, j->kernels->scale);
}

static void clip_range(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  change_range(j, begin, end, j->kernels->clip);
}

static int64_t count_elements(int64_t items, const apus_gradient_item *item) {
  int64_t count = 0;
  for (int64_t k = 0; k < items; k++)
    count += item[k].count;
  return count;
}

void apus_gradient_scale(int64_t items, const apus_gradient_item *item, float factor) {
  job j = {.kernels = tiers[apus_isa_current()], .items = items, .item = item, .number = factor};
  if (j.kernels)
    apus_parallel_for(count_elements(items, item), GRAIN, scale_range, &j);
  else
    for (int64_t k = 0; k < items; k++)
      apus_gradient_scale_reference_f32(item[k].count, item[k].gradient, factor);
}

void apus_gradient_clip(int64_t items, const apus_gradient_item *item, float limit) {
  job j = {.kernels = tiers[apus_isa_current()], .items = items, .item = item, .number = limit};
  if (j.kernels)
    apus_parallel_for(count_elements(items, item), GRAIN, clip_range, &j);
  else
    for (int64_t k = 0; k < items; k++)
      apus_gradient_clip_reference_f32(item[k].count, item[k].gradient, limit);
}

/* ---- units ------------------------------------------------------------------------------------------------------- */

typedef struct units {
  const apus_gradient_kernels *kernels;
  int64_t rows, columns, chunks;
  const float *value;
  float *gradient, *partials; /* [chunks][2][columns]; after the sums factors[columns] */
} units;

/* Of one matrix: value, then gradient. */
static int64_t unit_chunks(int64_t rows, int64_t columns) {
  return columns_chunks(rows, columns, 2 * columns * (int64_t)sizeof(float));
}

size_t apus_gradient_clip_units_scratch(int64_t rows, int64_t columns) {
  return columns == 0 ? 0 : (size_t)(unit_chunks(rows, columns) * 2 * columns) * sizeof(float);
}

static void unit_squares_range(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const units *u = context;
  for (int64_t chunk = begin; chunk < end; chunk++) {
    const int64_t row = columns_chunk_begin(u->rows, u->chunks, chunk);
    u->kernels->unit_squares(columns_chunk_begin(u->rows, u->chunks, chunk + 1) - row, u->columns, u->value + row * u->columns,
                             u->gradient + row * u->columns, u->partials + chunk * 2 * u->columns);
  }
}

static void scale_units_range(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const units *u = context;
  u->kernels->scale_units(end - begin, u->columns, u->partials, u->gradient + begin * u->columns);
}

/* Sums of squares become factors, in the place of the values' sums. 1 where every factor is 1. */
static int make_factors(int64_t columns, float *sums, float clipping, float floor) {
  int all_one = 1;
  for (int64_t c = 0; c < columns; c++) {
    const double norm = sqrt((double)sums[columns + c]);
    const double limit = (double)clipping * fmax(sqrt((double)sums[c]), (double)floor);
    sums[c] = norm > limit ? (float)(limit / fmax(norm, 1e-6)) : 1;
    all_one &= !(norm > limit);
  }
  return all_one;
}

void apus_gradient_clip_units(int64_t rows, int64_t columns, const float *value, float *gradient, float clipping, float floor,
                              void *scratch) {
  const apus_gradient_kernels *kernels = tiers[apus_isa_current()];
  if (!kernels) {
    apus_gradient_clip_units_reference_f32(rows, columns, value, gradient, clipping, floor);
    return;
  }
  if (rows == 0 || columns == 0)
    return;
  units u = {kernels, rows, columns, unit_chunks(rows, columns), value, gradient, scratch};
  apus_parallel_for(u.chunks, 1, unit_squares_range, &u);
  apus_merge_partials(u.partials, u.chunks, 2 * columns, 0, u.partials);
  if (!make_factors(columns, u.partials, clipping, floor))
    apus_parallel_for(rows, GRAIN / columns + 1, scale_units_range, &u);
}
