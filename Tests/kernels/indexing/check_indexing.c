/* Copies and sums by index, running sums, places in order: against loops over one element after the other. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

typedef struct indexing_run {
  apus_indexing shape;
  int element_bytes, flag;
  int64_t rows, columns, count;
  const int32_t *indices;
  const void *x;
  void *y, *scratch;
} indexing_run;

/* Where element (o, k, i) of the result is taken from. */
static int64_t source(const apus_indexing *s, const int32_t *indices, int64_t o, int64_t k, int64_t i) {
  return (o * s->size + indices[s->per_element ? (o * s->count + k) * s->inner + i : k]) * s->inner + i;
}

static int32_t *random_indices(const apus_indexing *s) {
  int64_t count = s->per_element ? s->outer * s->count * s->inner : s->count;
  int32_t *indices = check_input_ints(count);
  for (int64_t i = 0; i < count; i++)
    indices[i] = (int32_t)check_random_int(0, s->size - 1);
  check_that(apus_index_outside(count, s->size, indices) == -1, "indices inside are taken for outside");
  if (count > 0)
    check_that(apus_index_outside(count, indices[count - 1], indices) >= 0, "an index of the size itself is taken for inside");
  return indices;
}

/* ---- copies ----------------------------------------------------------------------------------------------------- */

static void run_gather(void *context) {
  indexing_run *r = context;
  apus_gather(r->element_bytes, &r->shape, r->indices, r->x, r->y);
}

static void check_gather(const char *name, apus_indexing s) {
  for (int bytes = 1; bytes <= 8; bytes = bytes == 1 ? 4 : bytes * 2) {
    if (!check_case(name, "[%lld, %lld, %lld], %lld indices%s, %d bytes", (long long)s.outer, (long long)s.size,
                    (long long)s.inner, (long long)s.count, s.per_element ? " an element" : "", bytes))
      continue;
    const int64_t x_count = s.outer * s.size * s.inner, y_count = s.outer * s.count * s.inner;
    uint8_t *x = check_input_bytes(x_count * bytes), *want = (uint8_t *)check_doubles(y_count);
    for (int64_t i = 0; i < x_count * bytes; i++)
      x[i] = (uint8_t)check_random_int(0, 255);
    const int32_t *indices = random_indices(&s);
    for (int64_t o = 0; o < s.outer; o++)
      for (int64_t k = 0; k < s.count; k++)
        for (int64_t i = 0; i < s.inner; i++)
          memcpy(want + ((o * s.count + k) * s.inner + i) * bytes, x + source(&s, indices, o, k, i) * bytes, (size_t)bytes);
    indexing_run r = {
        .shape = s, .element_bytes = bytes, .indices = indices, .x = x, .y = check_output_raw(bytes, y_count, NULL)};
    check_run("gather", run_gather, &r);
    check_same_bits("y", r.y, want, bytes, y_count);
  }
}

/* ---- sums by index ---------------------------------------------------------------------------------------------- */

typedef struct sum_run {
  apus_indexing shape;
  const int32_t *indices;
  const float *u, *start;
  float *y;
} sum_run;

static void run_scatter_add(void *context) {
  sum_run *r = context;
  memcpy(r->y, r->start, (size_t)(r->shape.outer * r->shape.size * r->shape.inner) * sizeof *r->y);
  apus_scatter_add_f32(&r->shape, r->indices, r->u, r->y);
}

static void check_scatter_add(const char *name, apus_indexing s) {
  if (!check_case(name, "sum into [%lld, %lld, %lld] by %lld indices%s", (long long)s.outer, (long long)s.size,
                  (long long)s.inner, (long long)s.count, s.per_element ? " an element" : ""))
    return;
  const int64_t y_count = s.outer * s.size * s.inner, u_count = s.outer * s.count * s.inner;
  float *u = check_input(u_count), *start = check_input(y_count);
  check_fill(u, u_count);
  check_fill(start, y_count);
  const int32_t *indices = random_indices(&s);
  double *want = check_widen(start, y_count), *bound = check_magnitude(start, y_count), *wide = check_widen(start, y_count);
  for (int64_t o = 0; o < s.outer; o++)
    for (int64_t k = 0; k < s.count; k++)
      for (int64_t i = 0; i < s.inner; i++) {
        const double term = u[(o * s.count + k) * s.inner + i];
        want[source(&s, indices, o, k, i)] += term;
        bound[source(&s, indices, o, k, i)] += fabs(term);
      }
  apus_scatter_add_f64(&s, indices, check_widen(u, u_count), wide);
  check_same_bits("double", wide, want, 8, y_count);
  sum_run r = {s, indices, u, start, check_output(y_count, NULL)};
  check_run("scatter_add", run_scatter_add, &r);
  check_close("y", r.y, want, bound, y_count, (double)s.count);
}

/* ---- running sums ----------------------------------------------------------------------------------------------- */

static void run_cumulative_sum(void *context) {
  indexing_run *r = context;
  apus_cumulative_sum_f32(r->shape.outer, r->shape.size, r->shape.inner, r->flag, r->x, r->y);
}

static void check_cumulative_sum(int64_t outer, int64_t middle, int64_t inner, int reversed) {
  if (!check_case(reversed ? "running sum, reversed" : "running sum", "%lld x %lld x %lld", (long long)outer, (long long)middle,
                  (long long)inner))
    return;
  const int64_t count = outer * middle * inner;
  float *x = check_input(count);
  check_fill(x, count);
  double *want = check_doubles(count), *bound = check_doubles(count), *wide = check_doubles(count);
  for (int64_t o = 0; o < outer; o++)
    for (int64_t i = 0; i < inner; i++) {
      double sum = 0, magnitude = 0;
      for (int64_t step = 0; step < middle; step++) {
        const int64_t place = (o * middle + (reversed ? middle - 1 - step : step)) * inner + i;
        want[place] = sum += x[place];
        bound[place] = magnitude += fabs((double)x[place]);
      }
    }
  apus_cumulative_sum_f64(outer, middle, inner, reversed, check_widen(x, count), wide);
  check_same_bits("double", wide, want, 8, count);
  indexing_run r = {
      .shape = {.outer = outer, .size = middle, .inner = inner}, .flag = reversed, .x = x, .y = check_output(count, NULL)};
  check_run("cumulative_sum", run_cumulative_sum, &r);
  check_close("y", r.y, want, bound, count, 1);
}

/* ---- places in order -------------------------------------------------------------------------------------------- */

static void run_order(void *context) {
  indexing_run *r = context;
  apus_order_f32(r->rows, r->columns, r->count, r->flag, r->x, r->y, r->scratch);
}

/* NaN above all numbers; of equal ones the first. */
static int precedes(const float *row, int64_t a, int64_t b, int descending) {
  const int nan_a = isnan(row[a]) != 0, nan_b = isnan(row[b]) != 0;
  if (nan_a != nan_b)
    return descending ? nan_a : nan_b;
  if (nan_a || row[a] == row[b])
    return a < b;
  return descending ? row[a] > row[b] : row[a] < row[b];
}

static void check_order(int64_t rows, int64_t columns, int64_t count, int descending) {
  if (!check_case(descending ? "largest" : "smallest", "%lld of %lld, %lld rows, ties and NaN", (long long)count,
                  (long long)columns, (long long)rows))
    return;
  float *x = check_input(rows * columns);
  check_fill_integers(x, rows * columns, (int)columns);
  for (int64_t i = 0; i < rows * columns; i++)
    if (check_random_int(0, 20) == 0)
      x[i] = check_random_int(0, 1) ? NAN : -INFINITY;
  int32_t *want = (int32_t *)check_doubles(rows * count);
  for (int64_t row = 0; row < rows; row++)
    for (int64_t c = 0; c < columns; c++) {
      int64_t place = 0;
      for (int64_t other = 0; other < columns; other++)
        place += other != c && precedes(x + row * columns, other, c, descending);
      if (place < count)
        want[row * count + place] = (int32_t)c;
    }
  void *scratch = check_scratch(apus_order_scratch(rows, columns, count));
  int32_t *wide = check_output_ints(rows * count);
  apus_order_f64(rows, columns, count, descending, check_widen(x, rows * columns), wide, scratch);
  check_same_bits("double", wide, want, sizeof *want, rows * count);
  indexing_run r = {.rows = rows,
                    .columns = columns,
                    .count = count,
                    .flag = descending,
                    .x = x,
                    .y = check_output_ints(rows * count),
                    .scratch = scratch};
  check_run("order", run_order, &r);
  check_same_bits("y", r.y, want, sizeof *want, rows * count);
}

void check_indexing_family(void) {
  static const struct {
    const char *name;
    apus_indexing shape;
  } cases[] = {
      {"rows of a table", {1, 50, 33, 17, 0}},
      {"channels", {40, 12, 1, 30, 0}},
      {"rows of images", {3, 9, 70, 11, 0}},
      {"one element", {1, 1, 1, 1, 1}},
      {"an index each, last axis", {37, 19, 1, 8, 1}},
      {"an index each, columns", {2, 7, 130, 9, 1}},
      {"many", {300, 40, 5, 60, 1}},
      {"no indices", {3, 4, 5, 0, 0}},
      {"nothing outside", {0, 4, 5, 3, 0}},
      {"nothing inside", {3, 4, 0, 2, 1}},
      {"strips", {2, 30, 64 * 3 + 1, 900, 0}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    check_gather(cases[i].name, cases[i].shape);
    check_scatter_add(cases[i].name, cases[i].shape);
  }
  for (int reversed = 0; reversed < 2; reversed++) {
    check_cumulative_sum(1, 1000, 1, reversed);
    check_cumulative_sum(3, 7, 65, reversed);
    check_cumulative_sum(500, 40, 3, reversed);
    check_cumulative_sum(2, 0, 5, reversed);
  }
  for (int descending = 0; descending < 2; descending++) {
    check_order(5, 100, 5, descending);
    check_order(3, 100, 64, descending);
    check_order(3, 100, 65, descending);
    check_order(40, 129, 129, descending);
    check_order(4, 1, 1, descending);
    check_order(2, 9, 0, descending);
  }
}
