/* What treats each element alone, and pairs with broadcasting. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

typedef struct map_run {
  int64_t count;
  int operation;
  const apus_broadcast *space;
  const void *a, *b;
  const uint8_t *mask;
  float factor, offset;
  uint64_t seed, stream;
  void *out;
} map_run;

/* Zeros of both signs, infinities, NaN, the greatest and the smallest numbers. */
static const float special_values[] = {0.0f,     -0.0f,       INFINITY,     -INFINITY, NAN,  FLT_MAX, -FLT_MAX,
                                       FLT_MIN,  -FLT_MIN,    FLT_TRUE_MIN, 1,         -1,   88.72f,  -87.3f,
                                       -103.97f, 0.99999994f, 1.00000012f,  16777216,  2.5f, -2.5f,   0.5f};
enum { special_count = sizeof special_values / sizeof special_values[0] };

static void fill_wide(float *x, int64_t count, double range) {
  for (int64_t i = 0; i < count; i++)
    x[i] = i % 5 == 4 ? special_values[check_random_int(0, special_count - 1)] : (float)(range * check_random_real());
}

/* ---- one operand ------------------------------------------------------------------------------------------------ */

static const char *const unary_names[] = {"negate", "abs",  "exp",   "log",  "sqrt",  "reciprocal",
                                          "square", "sign", "floor", "ceil", "round", "erf"};

static void run_unary(void *context) {
  map_run *run = context;
  apus_unary_f32((apus_unary)run->operation, run->count, run->a, run->out);
}

static void check_unary(int64_t count) {
  for (int operation = APUS_NEGATE; operation <= APUS_ERF; operation++) {
    if (!check_case(unary_names[operation], "%lld elements", (long long)count))
      continue;
    float *x = check_input(count);
    fill_wide(x, count, operation == APUS_EXP ? 100 : operation == APUS_LOG || operation == APUS_ERF ? 3 : 1e3);
    double *want = check_doubles(count), ulps = operation == APUS_EXP || operation == APUS_LOG || operation == APUS_ERF ? 2 : 0;
    apus_unary_reference_f64((apus_unary)operation, count, check_widen(x, count), want);
    int mark = check_mark();
    for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
      if (!check_select(isa))
        continue;
      map_run run = {.count = count, .operation = operation, .a = x, .out = check_output(count, NULL)};
      check_run("apart", run_unary, &run);
      check_ulps("y", run.out, want, count, ulps);
      float *apart = check_copy(run.out, count);
      run.a = run.out = check_output(count, x);
      check_run("in place", run_unary, &run);
      check_same_bits("y", run.out, apart, sizeof(float), count);
    }
  }
}

static void run_scale(void *context) {
  map_run *run = context;
  apus_scale_f32(run->count, run->a, run->factor, run->offset, run->out);
}

static void run_select(void *context) {
  map_run *run = context;
  apus_select_f32(run->count, run->mask, run->a, run->b, run->out);
}

static void run_dropout(void *context) {
  map_run *run = context;
  apus_dropout_f32(run->count, run->seed, run->stream, run->factor, run->a, run->out);
}

static void check_scale(int64_t count) {
  if (!check_case("scale", "%lld elements", (long long)count))
    return;
  const float factor = -1.7f, offset = 0.3f;
  float *x = check_input(count);
  check_fill(x, count);
  double *want = check_doubles(count), *bound = check_doubles(count);
  apus_scale_reference_f64(count, check_widen(x, count), factor, offset, want);
  for (int64_t i = 0; i < count; i++)
    bound[i] = fabs((double)x[i] * factor) + fabs((double)offset);
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    map_run run = {.count = count, .a = x, .factor = factor, .offset = offset, .out = check_output(count, NULL)};
    check_run("apart", run_scale, &run);
    check_close("y", run.out, want, bound, count, 2);
    float *apart = check_copy(run.out, count);
    run.a = run.out = check_output(count, x);
    check_run("in place", run_scale, &run);
    check_same_bits("y", run.out, apart, sizeof(float), count);
  }
}

static void check_select_by_mask(int64_t count) {
  if (!check_case("select", "%lld elements", (long long)count))
    return;
  float *a = check_input(count), *b = check_input(count), *want = check_output(count, NULL);
  uint8_t *mask = check_input_bytes(count);
  fill_wide(a, count, 1);
  fill_wide(b, count, 1);
  for (int64_t i = 0; i < count; i++) {
    mask[i] = check_random_int(0, 1) ? (uint8_t)check_random_int(1, 255) : 0; /* any byte but 0 is true */
    want[i] = mask[i] ? a[i] : b[i];
  }
  want = check_copy(want, count);
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    map_run run = {.count = count, .a = a, .b = b, .mask = mask, .out = check_output(count, NULL)};
    check_run("select", run_select, &run);
    check_same_bits("y", run.out, want, sizeof(float), count);
  }
}

static void check_dropout(int64_t count, float rate) {
  if (!check_case("dropout", "%lld elements, rate %g", (long long)count, (double)rate))
    return;
  const uint64_t seed = check_random(), stream = check_random();
  float *x = check_input(count), *uniform = check_output(count, NULL);
  check_fill(x, count);
  apus_random_uniform(seed, stream, 0, count, uniform);
  double *want = check_doubles(count), *bound = check_doubles(count);
  for (int64_t i = 0; i < count; i++) {
    want[i] = uniform[i] >= rate ? x[i] / (1 - (double)rate) : 0;
    bound[i] = fabs(want[i]);
  }
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    map_run run = {.count = count, .a = x, .factor = rate, .seed = seed, .stream = stream, .out = check_output(count, NULL)};
    check_run("apart", run_dropout, &run);
    check_close("y", run.out, want, bound, count, 1);
    float *apart = check_copy(run.out, count);
    run.a = run.out = check_output(count, x);
    check_run("in place", run_dropout, &run);
    check_same_bits("y", run.out, apart, sizeof(float), count);
  }
}

typedef struct finite_run {
  int64_t count;
  float *x;
  int32_t *missed; /* bad elements that were not found */
} finite_run;

static void run_all_finite(void *context) {
  static const float bad[] = {INFINITY, -INFINITY, NAN};
  finite_run *run = context;
  *run->missed = 0;
  for (int64_t i = 0; i < run->count; i++) {
    float saved = run->x[i];
    run->x[i] = bad[i % 3];
    *run->missed += apus_all_finite_f32(run->count, run->x) != 0;
    run->x[i] = saved;
  }
}

static void check_finite(void) {
  enum { count = 1031 };
  if (!check_case("all finite", "one bad element of %d, at every place", count))
    return;
  float *x = check_input(count);
  check_fill(x, count);
  x[5] = FLT_MAX;
  x[6] = -FLT_MAX;
  x[7] = FLT_TRUE_MIN;
  finite_run run = {.count = count, .x = x, .missed = check_output_ints(1)};
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++) {
    if (!check_select(isa))
      continue;
    check_that(apus_all_finite_f32(count, x) == 1, "finite numbers are refused");
    check_that(apus_all_finite_f32(0, x) == 1, "no numbers are refused");
    check_run("all finite", run_all_finite, &run);
    check_that(*run.missed == 0, "%d bad elements are missed", (int)*run.missed);
  }
  double wide[3] = {0, 1, -INFINITY};
  check_that(apus_all_finite_f64(2, wide) == 1 && apus_all_finite_f64(3, wide) == 0, "double: wrong answer");
}

/* ---- two operands ----------------------------------------------------------------------------------------------- */

static const char *const binary_names[] = {"add", "subtract", "multiply", "divide", "maximum", "minimum", "power"};

static const struct {
  const char *name;
  apus_broadcast space;
} spaces[] = {
    {"one element", {0, {0}, {0}, {0}}},
    {"no elements", {2, {3, 0}, {0, 1}, {0, 1}}},
    {"same shape", {1, {1000}, {1}, {1}}},
    {"same shape, 3 axes", {3, {3, 5, 17}, {85, 17, 1}, {85, 17, 1}}},
    {"scalar right", {1, {67}, {1}, {0}}},
    {"scalar left", {1, {67}, {0}, {1}}},
    {"row right", {2, {13, 33}, {33, 1}, {0, 1}}},
    {"row left", {2, {13, 33}, {0, 1}, {33, 1}}},
    {"column right", {2, {13, 33}, {33, 1}, {1, 0}}},
    {"column left", {2, {13, 33}, {1, 0}, {33, 1}}},
    {"outer product", {2, {19, 23}, {1, 0}, {0, 1}}},
    {"both scalar", {2, {3, 4}, {0, 0}, {0, 0}}},
    {"middle axis", {3, {4, 5, 16}, {80, 16, 1}, {16, 0, 1}}},
    {"channels of an image", {4, {2, 5, 7, 6}, {210, 42, 6, 1}, {0, 0, 0, 1}}},
    {"axes of 1", {5, {1, 7, 1, 9, 1}, {0, 9, 0, 1, 0}, {0, 0, 0, 1, 0}}},
    {"8 axes", {8, {2, 2, 2, 2, 2, 2, 2, 3}, {192, 96, 48, 24, 12, 6, 3, 1}, {24, 0, 12, 0, 6, 0, 3, 1}}},
    {"large, same shape", {2, {300, 257}, {257, 1}, {257, 1}}},
    {"large, row right", {2, {1500, 31}, {31, 1}, {0, 1}}},
};

static int64_t operand_count(const apus_broadcast *space, const int64_t *strides) {
  int64_t last = 0;
  for (int axis = 0; axis < space->axes; axis++) {
    if (space->sizes[axis] == 0)
      return 0;
    last += (space->sizes[axis] - 1) * strides[axis];
  }
  return last + 1;
}

static int64_t result_count(const apus_broadcast *space) {
  int64_t count = 1;
  for (int axis = 0; axis < space->axes; axis++)
    count *= space->sizes[axis];
  return count;
}

static void run_binary(void *context) {
  map_run *run = context;
  apus_binary_f32((apus_binary)run->operation, run->space, run->a, run->b, run->out);
}

static void check_binary(const char *name, const apus_broadcast *space) {
  for (int operation = APUS_ADD; operation <= APUS_POWER; operation++) {
    if (!check_case(binary_names[operation], "%s", name))
      continue;
    int64_t count = result_count(space), a_count = operand_count(space, space->a_strides),
            b_count = operand_count(space, space->b_strides);
    float *a = check_input(a_count), *b = check_input(b_count);
    fill_wide(a, a_count, 3);
    fill_wide(b, b_count, 3);
    double *want = check_doubles(count);
    apus_binary_reference_f64((apus_binary)operation, space, check_widen(a, a_count), check_widen(b, b_count), want);
    /* Double's sum, product or quotient of two floats, rounded once more, is off by half a unit at most. */
    double ulps = operation == APUS_POWER ? 4 : operation == APUS_MAXIMUM || operation == APUS_MINIMUM ? 0 : 0.5001;
    int mark = check_mark();
    for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
      if (!check_select(isa))
        continue;
      map_run run = {.operation = operation, .space = space, .a = a, .b = b, .out = check_output(count, NULL)};
      check_run(name, run_binary, &run);
      check_ulps("y", run.out, want, count, ulps);
      float *apart = check_copy(run.out, count);
      if (a_count == count && count > 0) {
        run.a = run.out = check_output(count, a);
        check_run("y is a", run_binary, &run);
        check_same_bits("y", run.out, apart, sizeof(float), count);
      }
      if (b_count == count && count > 0) {
        run.a = a;
        run.b = run.out = check_output(count, b);
        check_run("y is b", run_binary, &run);
        check_same_bits("y", run.out, apart, sizeof(float), count);
      }
    }
  }
}

static void check_binary_integers(void) {
  if (!check_case("integers", "wrap around, division by 0, powers"))
    return;
  static const struct {
    apus_binary operation;
    int32_t a, b, want;
  } cases[] = {{APUS_ADD, INT32_MAX, 1, INT32_MIN},
               {APUS_SUBTRACT, INT32_MIN, 1, INT32_MAX},
               {APUS_MULTIPLY, 65536, 65536, 0},
               {APUS_MULTIPLY, -3, 7, -21},
               {APUS_DIVIDE, 7, -2, -3},
               {APUS_DIVIDE, 5, 0, 0},
               {APUS_DIVIDE, INT32_MIN, -1, INT32_MIN},
               {APUS_MAXIMUM, -4, 3, 3},
               {APUS_MINIMUM, -4, 3, -4},
               {APUS_POWER, 3, 4, 81},
               {APUS_POWER, 2, -1, 0},
               {APUS_POWER, -1, -3, -1},
               {APUS_POWER, 5, 0, 1}};
  const apus_broadcast one = {.axes = 0};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    int32_t got;
    apus_binary_reference_i32(cases[i].operation, &one, &cases[i].a, &cases[i].b, &got);
    check_that(got == cases[i].want, "%d %s %d gives %d, want %d", cases[i].a, binary_names[cases[i].operation], cases[i].b, got,
               cases[i].want);
  }
}

/* ---- comparisons ------------------------------------------------------------------------------------------------ */

static void run_compare(void *context) {
  map_run *run = context;
  apus_compare_f32((apus_comparison)run->operation, run->space, run->a, run->b, run->out);
}

static uint8_t compared(int operation, double a, double b) {
  const int answers[] = {a == b, a != b, a<b, a <= b, a> b, a >= b};
  return (uint8_t)answers[operation];
}

static int64_t offset_of(const apus_broadcast *space, const int64_t *strides, int64_t index) {
  int64_t offset = 0;
  for (int axis = space->axes - 1; axis >= 0; index /= space->sizes[axis--])
    offset += index % space->sizes[axis] * strides[axis];
  return offset;
}

static void check_comparisons(const char *name, const apus_broadcast *space) {
  static const char *const names[] = {"equal", "not equal", "less", "less or equal", "greater", "greater or equal"};
  for (int operation = APUS_EQUAL; operation <= APUS_GREATER_EQUAL; operation++) {
    if (!check_case(names[operation], "%s", name))
      continue;
    int64_t count = result_count(space), a_count = operand_count(space, space->a_strides),
            b_count = operand_count(space, space->b_strides);
    float *a = check_input(a_count), *b = check_input(b_count);
    check_fill_integers(a, a_count, 2);
    check_fill_integers(b, b_count, 2);
    for (int64_t i = 0; i < a_count; i += 7)
      a[i] = NAN;
    uint8_t *want = check_output_bytes(count), *wide = check_output_bytes(count);
    for (int64_t i = 0; i < count; i++)
      want[i] = compared(operation, a[offset_of(space, space->a_strides, i)], b[offset_of(space, space->b_strides, i)]);
    apus_compare_f64((apus_comparison)operation, space, check_widen(a, a_count), check_widen(b, b_count), wide);
    check_same_bits("double", wide, want, 1, count);
    want = memcpy(check_doubles(count / 8 + 1), want, (size_t)count);
    int mark = check_mark();
    for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
      if (!check_select(isa))
        continue;
      map_run run = {.operation = operation, .space = space, .a = a, .b = b, .out = check_output_bytes(count)};
      check_run(name, run_compare, &run);
      check_same_bits("y", run.out, want, 1, count);
    }
  }
}

static void check_comparisons_of_integers(void) {
  if (!check_case("comparisons of integers", "int32 and uint8"))
    return;
  const apus_broadcast space = {.axes = 1, .sizes = {4}, .a_strides = {1}, .b_strides = {1}};
  const int32_t a[] = {INT32_MIN, -1, 5, 7}, b[] = {INT32_MAX, -1, 4, 8};
  const uint8_t u[] = {0, 200, 255, 3}, v[] = {255, 200, 0, 4};
  for (int operation = APUS_EQUAL; operation <= APUS_GREATER_EQUAL; operation++) {
    uint8_t y[4], z[4];
    apus_compare_i32((apus_comparison)operation, &space, a, b, y);
    apus_compare_u8((apus_comparison)operation, &space, u, v, z);
    for (int i = 0; i < 4; i++)
      check_that(y[i] == compared(operation, a[i], b[i]) && z[i] == compared(operation, u[i], v[i]), "comparison %d of pair %d",
                 operation, i);
  }
}

void check_elementwise_family(void) {
  static const int64_t counts[] = {0, 1, 15, 16, 17, 67, 1000, 70001};
  for (int i = 0; i < 8; i++) {
    check_unary(counts[i]);
    check_scale(counts[i]);
    check_select_by_mask(counts[i]);
    check_dropout(counts[i], i % 2 ? 0.5f : 0.1f);
  }
  check_dropout(1000, 0);
  check_finite();
  for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++) {
    check_binary(spaces[i].name, &spaces[i].space);
    check_comparisons(spaces[i].name, &spaces[i].space);
  }
  check_binary_integers();
  check_comparisons_of_integers();
}
