/* Reductions, arg-max, strided copies, conversions of scalar type. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

typedef struct movement_run {
  int operation, axes, element_bytes;
  int64_t outer, middle, inner, count;
  const int64_t *sizes, *strides;
  apus_scalar from, to;
  const void *x;
  void *out;
} movement_run;

/* ---- reductions ------------------------------------------------------------------------------------------------- */

static void run_reduce(void *context) {
  movement_run *run = context;
  apus_reduce_f32((apus_reduction)run->operation, run->outer, run->middle, run->inner, run->x, run->out);
}

static void run_argmax(void *context) {
  movement_run *run = context;
  apus_argmax_f32(run->outer, run->middle, run->inner, run->x, run->out);
}

static void check_reduction(int operation, int64_t outer, int64_t middle, int64_t inner, int with_nan) {
  static const char *const names[] = {"sum", "max", "min"};
  if (!check_case(names[operation], "%lld x %lld x %lld%s", (long long)outer, (long long)middle, (long long)inner,
                  with_nan ? ", NaN and infinities" : ""))
    return;
  int64_t count = outer * middle * inner, results = outer * inner;
  float *x = check_input(count);
  check_fill(x, count);
  for (int64_t i = 0; with_nan && i < count; i += 11)
    x[i] = i % 2 ? NAN : INFINITY;
  double *want = check_doubles(results), *bound = check_doubles(results);
  apus_reduce_reference_f64((apus_reduction)operation, outer, middle, inner, check_widen(x, count), want);
  apus_reduce_reference_f64(APUS_SUM, outer, middle, inner, check_magnitude(x, count), bound);
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    movement_run run = {
        .operation = operation, .outer = outer, .middle = middle, .inner = inner, .x = x, .out = check_output(results, NULL)};
    check_run("reduce", run_reduce, &run);
    if (operation == APUS_SUM)
      check_close("y", run.out, want, bound, results, (double)middle);
    else
      check_exact("y", run.out, want, results);
  }
}

static void check_argmax(int64_t outer, int64_t middle, int64_t inner, int with_nan) {
  if (!check_case("argmax", "%lld x %lld x %lld, ties%s", (long long)outer, (long long)middle, (long long)inner,
                  with_nan ? " and NaN" : ""))
    return;
  int64_t count = outer * middle * inner, results = outer * inner;
  float *x = check_input(count);
  check_fill_integers(x, count, 3);
  for (int64_t i = 0; with_nan && i < count; i++)
    if (check_random_int(0, 12) == 0)
      x[i] = check_random_int(0, 1) ? NAN : -INFINITY;
  int32_t *want = check_output_ints(results), *wide = check_output_ints(results);
  for (int64_t o = 0; o < outer; o++)
    for (int64_t i = 0; i < inner; i++) {
      int64_t best = 0;
      for (int64_t m = 1; m < middle; m++) {
        float here = x[(o * middle + m) * inner + i], there = x[(o * middle + best) * inner + i];
        if (!isnan(there) && (isnan(here) || here > there))
          best = m;
      }
      want[o * inner + i] = (int32_t)best;
    }
  apus_argmax_f64(outer, middle, inner, check_widen(x, count), wide);
  check_same_bits("double", wide, want, sizeof(int32_t), results);
  want = memcpy(check_doubles(results), want, (size_t)results * sizeof *want);
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    movement_run run = {.outer = outer, .middle = middle, .inner = inner, .x = x, .out = check_output_ints(results)};
    check_run("argmax", run_argmax, &run);
    check_same_bits("y", run.out, want, sizeof(int32_t), results);
  }
}

static void check_reductions_of_integers(void) {
  if (!check_case("reductions of integers", "wrap around, empty middle"))
    return;
  const int32_t x[] = {INT32_MAX, 1, -5, 9};
  int32_t y[2];
  apus_reduce_reference_i32(APUS_SUM, 2, 2, 1, x, y);
  check_that(y[0] == INT32_MIN && y[1] == 4, "sum %d and %d", y[0], y[1]);
  apus_reduce_reference_i32(APUS_MAX, 1, 2, 2, x, y);
  check_that(y[0] == INT32_MAX && y[1] == 9, "max %d and %d", y[0], y[1]);
  apus_reduce_reference_i32(APUS_MIN, 1, 4, 1, x, y);
  check_that(y[0] == -5, "min %d", y[0]);
  apus_reduce_reference_i32(APUS_MAX, 1, 0, 1, x, y);
  apus_reduce_reference_i32(APUS_MIN, 1, 0, 1, x, y + 1);
  check_that(y[0] == INT32_MIN && y[1] == INT32_MAX, "max and min of nothing: %d and %d", y[0], y[1]);
}

/* ---- strided copies --------------------------------------------------------------------------------------------- */

static void run_copy(void *context) {
  movement_run *run = context;
  apus_copy_strided(run->element_bytes, run->axes, run->sizes, run->strides, run->x, run->out);
}

static void run_copy_into(void *context) {
  movement_run *run = context;
  apus_copy_strided_into(run->element_bytes, run->axes, run->sizes, run->strides, run->x, run->out);
}

/* `first`: where in the strided tensor (of `extent` elements) the copy begins. */
static const struct {
  const char *name;
  int axes;
  int64_t sizes[8], strides[8], first, extent;
  int injective;
} copies[] = {
    {"one element", 0, {0}, {0}, 0, 1, 1},
    {"no elements", 2, {3, 0}, {1, 1}, 0, 5, 1},
    {"contiguous", 3, {3, 4, 17}, {68, 17, 1}, 0, 204, 1},
    {"transpose", 2, {37, 21}, {1, 37}, 0, 777, 1},
    {"permutation 0 3 1 2", 4, {2, 3, 5, 7}, {105, 1, 21, 3}, 0, 210, 1},
    {"slice of rows and columns", 2, {5, 9}, {20, 1}, 43, 140, 1},
    {"every second, backwards", 1, {25}, {-2}, 48, 49, 1},
    {"both axes backwards", 2, {4, 16}, {-16, -1}, 63, 64, 1},
    {"broadcast rows", 2, {6, 19}, {0, 1}, 0, 19, 0},
    {"broadcast columns", 2, {6, 19}, {1, 0}, 0, 6, 0},
    {"8 axes reversed", 8, {2, 2, 2, 2, 2, 2, 2, 3}, {1, 2, 4, 8, 16, 32, 64, 128}, 0, 384, 1},
    {"large transpose", 2, {301, 257}, {1, 301}, 0, 77357, 1},
};

static int64_t strided_offset(int axes, const int64_t *sizes, const int64_t *strides, int64_t index) {
  int64_t offset = 0;
  for (int axis = axes - 1; axis >= 0; index /= sizes[axis--])
    offset += index % sizes[axis] * strides[axis];
  return offset;
}

static void fill_bytes(uint8_t *x, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    x[i] = (uint8_t)check_random();
}

static void check_copy_case(int i, int bytes) {
  if (!check_case(copies[i].name, "elements of %d bytes", bytes))
    return;
  int64_t count = 1;
  for (int axis = 0; axis < copies[i].axes; axis++)
    count *= copies[i].sizes[axis];
  /* Outputs give memory of the element's alignment, whatever its type. */
  uint8_t *strided = check_output_raw(bytes, copies[i].extent, NULL), *dense = check_output_raw(bytes, count, NULL);
  fill_bytes(strided, copies[i].extent * bytes);
  fill_bytes(dense, count * bytes);
  strided = memcpy(check_doubles(copies[i].extent), strided, (size_t)(copies[i].extent * bytes));
  dense = memcpy(check_doubles(count), dense, (size_t)(count * bytes));
  uint8_t *gathered = (uint8_t *)check_doubles(count), *scattered = (uint8_t *)check_doubles(copies[i].extent);
  memcpy(scattered, strided, (size_t)(copies[i].extent * bytes));
  for (int64_t j = 0; j < count; j++) {
    int64_t at = (copies[i].first + strided_offset(copies[i].axes, copies[i].sizes, copies[i].strides, j)) * bytes;
    memcpy(gathered + j * bytes, strided + at, (size_t)bytes);
    memcpy(scattered + at, dense + j * bytes, (size_t)bytes);
  }
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    movement_run run = {.element_bytes = bytes,
                        .axes = copies[i].axes,
                        .sizes = copies[i].sizes,
                        .strides = copies[i].strides,
                        .x = strided + copies[i].first * bytes,
                        .out = check_output_raw(bytes, count, NULL)};
    check_run("copy", run_copy, &run);
    check_same_bits("y", run.out, gathered, bytes, count);
    if (!copies[i].injective)
      continue;
    uint8_t *whole = check_output_raw(bytes, copies[i].extent, strided);
    run.x = dense;
    run.out = whole + copies[i].first * bytes;
    check_run("copy into", run_copy_into, &run);
    check_same_bits("y", whole, scattered, bytes, copies[i].extent);
  }
}

/* ---- conversions ------------------------------------------------------------------------------------------------ */

static void check_conversions(void) {
  if (!check_case("conversions", "truncation, saturation, NaN, every pair of types"))
    return;
  const double values[] = {0,     -0.0,   1.9,      -1.9,      255.5, 256, -3, 2147483647.5, -2147483649.0,
                           1e300, -1e300, INFINITY, -INFINITY, NAN,   0.1};
  enum { n = sizeof values / sizeof values[0] };
  const int32_t want_i32[n] = {0, 0, 1, -1, 255, 256, -3, INT32_MAX, INT32_MIN, INT32_MAX, INT32_MIN, INT32_MAX, INT32_MIN, 0, 0};
  const uint8_t want_u8[n] = {0, 0, 1, 0, 255, 255, 0, 255, 0, 255, 0, 255, 0, 0, 0};
  float floats[n];
  double doubles[n];
  int32_t ints[n];
  uint8_t bytes[n];
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++) {
    if (!check_select(isa))
      continue;
    apus_convert(APUS_F64, APUS_I32, n, values, ints);
    check_same_bits("double to int32", ints, want_i32, sizeof(int32_t), n);
    apus_convert(APUS_F64, APUS_U8, n, values, bytes);
    check_same_bits("double to uint8", bytes, want_u8, 1, n);
    apus_convert(APUS_F64, APUS_F32, n, values, floats);
    check_exact("double to float", floats, values, n);
    apus_convert(APUS_F32, APUS_F64, n, floats, doubles);
    for (int i = 0; i < n; i++)
      check_that(isnan(values[i]) ? isnan(doubles[i]) : doubles[i] == (double)floats[i], "float to double: %g", doubles[i]);
    apus_convert(APUS_F32, APUS_I32, n, floats, ints);
    apus_convert(APUS_F32, APUS_U8, n, floats, bytes);
    check_same_bits("float to int32", ints, want_i32, sizeof(int32_t), n);
    check_same_bits("float to uint8", bytes, want_u8, 1, n);
    apus_convert(APUS_I32, APUS_U8, n, want_i32, bytes);
    check_same_bits("int32 to uint8", bytes, want_u8, 1, n);
    apus_convert(APUS_U8, APUS_I32, n, want_u8, ints);
    apus_convert(APUS_U8, APUS_F32, n, want_u8, floats);
    apus_convert(APUS_I32, APUS_F64, n, want_i32, doubles);
    for (int i = 0; i < n; i++)
      check_that(ints[i] == want_u8[i] && floats[i] == (float)want_u8[i] && doubles[i] == (double)want_i32[i],
                 "widening of element %d", i);
    apus_convert(APUS_I32, APUS_I32, n, want_i32, ints);
    check_same_bits("int32 to itself", ints, want_i32, sizeof(int32_t), n);
  }
}

static void run_convert(void *context) {
  movement_run *run = context;
  apus_convert(run->from, run->to, run->count, run->x, run->out);
}

static void check_conversion_of_many(int64_t count) {
  if (!check_case("many bytes to float", "%lld elements", (long long)count))
    return;
  uint8_t *x = check_input_bytes(count);
  fill_bytes(x, count);
  double *want = check_doubles(count);
  for (int64_t i = 0; i < count; i++)
    want[i] = x[i];
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    movement_run run = {.from = APUS_U8, .to = APUS_F32, .count = count, .x = x, .out = check_output(count, NULL)};
    check_run("convert", run_convert, &run);
    check_exact("y", run.out, want, count);
  }
}

void check_movement_family(void) {
  static const int64_t shapes[][3] = {{1, 1, 1},     {0, 3, 2},   {3, 0, 2},    {3, 5, 0},   {1, 1000, 1},
                                      {1, 70001, 1}, {33, 17, 1}, {7, 10, 1},   {1, 29, 33}, {5, 13, 15},
                                      {2, 40, 16},   {3, 1, 17},  {1, 9001, 6}, {70, 3, 64}};
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
    for (int with_nan = 0; with_nan <= 1; with_nan++) {
      for (int operation = APUS_SUM; operation <= APUS_MIN; operation++)
        check_reduction(operation, shapes[i][0], shapes[i][1], shapes[i][2], with_nan);
      if (shapes[i][1] > 0)
        check_argmax(shapes[i][0], shapes[i][1], shapes[i][2], with_nan);
    }
  check_reductions_of_integers();
  static const int element_bytes[] = {1, 4, 8};
  for (size_t i = 0; i < sizeof copies / sizeof copies[0]; i++)
    for (int b = 0; b < 3; b++)
      check_copy_case((int)i, element_bytes[b]);
  check_conversions();
  check_conversion_of_many(1);
  check_conversion_of_many(77);
  check_conversion_of_many(100003);
}
