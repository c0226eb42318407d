/* Norms of gradients, scaling and clipping. */
#include <math.h>
#include <string.h>

#include "calls.h"
#include "check.h"

enum { MAX_ITEMS = CALL_MOST_ITEMS };

/* ---- sums of squares --------------------------------------------------------------------------------------------- */

/* `odd`: what the last element of the last item is. A sum of squares has no cancellation: the error is relative to it. */
static void check_squares(const char *name, int64_t items, const int64_t *counts, double scale, float odd) {
  if (!check_case(name, "%lld gradients, the first of %lld, about %g", (long long)items, (long long)(items ? counts[0] : 0),
                  scale))
    return;
  gradient_call r = {.items = items};
  double want[MAX_ITEMS];
  for (int i = 0; i < items; i++) {
    float *x = check_input(counts[i]);
    check_fill(x, counts[i]);
    for (int64_t j = 0; j < counts[i]; j++)
      x[j] *= (float)scale;
    if (i == items - 1 && counts[i] > 0 && odd != 0)
      x[counts[i] - 1] = odd;
    r.item[i] = (apus_gradient_item){counts[i], x};
    want[i] = apus_gradient_squares_reference_f64(counts[i], check_widen(x, counts[i]));
  }
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    r.scratch = check_scratch(apus_gradient_squares_scratch(items, r.item));
    r.sums = check_output_raw(sizeof(double), items, NULL);
    check_run("sums of squares", call_gradient_squares, &r);
    for (int i = 0; i < items; i++) {
      double got;
      memcpy(&got, r.sums + i, sizeof got);
      check_that(isfinite(want[i]) ? fabs(got - want[i]) <= 12 * 0x1p-24 * want[i] : !isfinite(got),
                 "sum %d is %.17g, expected %.17g", i, got, want[i]);
    }
  }
}

/* ---- every element alone ----------------------------------------------------------------------------------------- */

static void check_change(const char *name, int64_t items, const int64_t *counts, int is_clip) {
  if (!check_case(name, "%s of %lld gradients, the first of %lld", is_clip ? "clipping" : "scaling", (long long)items,
                  (long long)(items ? counts[0] : 0)))
    return;
  gradient_call r = {.items = items, .number = is_clip ? 0.25f : 0.75f};
  float *x[MAX_ITEMS];
  double *want[MAX_ITEMS];
  for (int i = 0; i < items; i++) {
    check_fill(x[i] = check_input(counts[i]), counts[i]);
    if (counts[i] > 1)
      x[i][1] = NAN;
    if (counts[i] > 2)
      x[i][2] = -INFINITY;
    want[i] = check_widen(x[i], counts[i]);
    if (is_clip)
      apus_gradient_clip_reference_f64(counts[i], want[i], r.number);
    else
      apus_gradient_scale_reference_f64(counts[i], want[i], r.number);
    for (int64_t j = 0; j < counts[i]; j++)
      want[i][j] = (double)(float)want[i][j]; /* one rounding, so exactly this */
  }
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    for (int i = 0; i < items; i++)
      r.item[i] = (apus_gradient_item){counts[i], check_output(counts[i], x[i])};
    check_run(is_clip ? "clip" : "scale", is_clip ? call_gradient_clip : call_gradient_scale, &r);
    for (int i = 0; i < items; i++)
      check_exact("gradient", r.item[i].gradient, want[i], counts[i]);
  }
}

/* ---- units ------------------------------------------------------------------------------------------------------- */

/* The columns' gradients are of different size, so that some are clipped and some are not; column 0 is of zeros. */
static void check_units(const char *name, int64_t rows, int64_t columns, float clipping) {
  const int64_t count = rows * columns;
  if (!check_case(name, "%lld rows of %lld units, clipping %g", (long long)rows, (long long)columns, (double)clipping))
    return;
  gradient_call r = {.items = 1, .rows = rows, .columns = columns, .number = clipping};
  float *value = check_input(count), *x = check_input(count);
  check_fill(value, count);
  check_fill(x, count);
  for (int64_t i = 0; i < count; i++) {
    x[i] *= (float)(i % columns) * 0.01f;
    value[i] *= i % columns % 5 == 4 ? 0 : 1; /* below the floor */
  }
  r.value = value;
  double *want = check_widen(x, count), *bound = check_magnitude(x, count);
  apus_gradient_clip_units_reference_f64(rows, columns, check_widen(value, count), want, clipping, 1e-3f);
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    r.scratch = check_scratch(apus_gradient_clip_units_scratch(rows, columns));
    r.item[0] = (apus_gradient_item){count, check_output(count, x)};
    check_run("units", call_gradient_clip_units, &r);
    check_close("gradient", r.item[0].gradient, want, bound, count, (double)rows);
  }
}

void check_gradient_tools_family(void) {
  static const int64_t edges[] = {1, 0, 15, 16, 17, 33, 1023, 1025}, large[] = {200003, 32768, 32769, 1};
  check_squares("no gradients", 0, edges, 1, 0);
  check_squares("edges", 8, edges, 1, 0);
  check_squares("several chunks", 4, large, 1e-3, 0);
  check_squares("squares beyond float", 4, large, 1e30, 0);
  check_squares("an infinity", 4, large, 1, INFINITY);
  check_squares("a NaN", 8, edges, 1, NAN);
  for (int is_clip = 0; is_clip <= 1; is_clip++) {
    check_change("no gradients", 0, edges, is_clip);
    check_change("edges", 8, edges, is_clip);
    check_change("large", 4, large, is_clip);
  }
  check_units("one unit", 37, 1, 0.01f);
  check_units("a filter", 9 * 5, 16, 0.01f);
  check_units("odd columns", 61, 19, 0.05f);
  check_units("many rows", 40000, 3, 0.01f);
  check_units("many columns", 7, 1030, 0.01f);
  check_units("nothing clipped", 300, 64, 1e3f);
  check_units("no rows", 0, 5, 0.01f);
}
