/* Images of bytes scaled by tables of random taps: every tier gives the reference's bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "check.h"

static int compare(const void *a, const void *b) {
  const int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
  return (left > right) - (left < right);
}

/* `first` from small to large. Weights are sixteenths that sum to about 1, so that halves come up, and some sums lie outside. */
static void fill(apus_taps *table, int64_t *first, float *weights, int64_t inputs) {
  for (int64_t o = 0; o < table->size; o++)
    first[o] = check_random_int(0, inputs - table->taps);
  qsort(first, (size_t)table->size, sizeof *first, compare);
  for (int64_t i = 0; i < table->size * table->taps; i++)
    weights[i] = (float)check_random_int(-4, 24) / 16 / (float)table->taps;
  table->first = first;
  table->weights = weights;
}

static void check_shape(const char *name, apus_image_resize s) {
  if (!check_case(name, "%lldx%lldx%d to %lldx%lld, %lldx%lld taps", (long long)s.height, (long long)s.width, s.channels,
                  (long long)s.down.size, (long long)s.across.size, (long long)s.down.taps, (long long)s.across.taps))
    return;
  int64_t *first_down = (int64_t *)check_doubles(s.down.size), *first_across = (int64_t *)check_doubles(s.across.size);
  float *down = check_input(s.down.size * s.down.taps), *across = check_input(s.across.size * s.across.taps);
  fill(&s.down, first_down, down, s.height);
  fill(&s.across, first_across, across, s.width);
  s.stride += check_random_int(0, 5);
  const int64_t x_count = (s.height - 1) * s.stride + s.width * s.channels, y_count = s.down.size * s.across.size * s.channels;
  uint8_t *x = check_input_bytes(x_count), *want = (uint8_t *)check_doubles((y_count + 7) / 8);
  for (int64_t i = 0; i < x_count; i++)
    x[i] = (uint8_t)check_random_int(0, 255);
  apus_error error;
  check_that(apus_image_resize_check(&s, &error) == APUS_OK, "refused: %s", error.text);
  apus_image_resize_reference(&s, x, want);
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    image_resize_call call = {s, x, check_output_bytes(y_count), check_scratch(apus_image_resize_scratch(&s))};
    check_run("image resize", call_image_resize, &call);
    check_same_bits("y", call.y, want, 1, y_count);
  }
}

/* Sums of exactly a half, and what lies outside of a byte. */
static void check_rounding(void) {
  if (!check_case("rounding", "halves go up, sums stay within 0 ... 255"))
    return;
  const uint8_t x[] = {1, 3, 5, 2, 254, 255, 0, 100};
  const int64_t first[] = {0, 1, 2, 3, 4, 5, 6, 7}, one[] = {0};
  const float halves[] = {0.5f, 0.5f, 0.5f, -0.25f, 1.5f, 0.49999997f, -3, 0.01f}, whole[] = {1};
  const uint8_t want[] = {1, 2, 3, 0, 255, 127, 0, 1};
  apus_image_resize s = {1, 8, 8, 1, {1, 1, one, whole}, {8, 1, first, halves}};
  uint8_t y[8];
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    apus_image_resize_run(&s, x, y, check_scratch(apus_image_resize_scratch(&s)));
    check_same_bits("y", y, want, 1, 8);
  }
  apus_image_resize_reference(&s, x, y);
  check_same_bits("the reference", y, want, 1, 8);
}

static void check_refusals(void) {
  if (!check_case("refusals", "sizes, channels, strides, taps outside and in disorder"))
    return;
  const int64_t inside[] = {0, 1}, outside[] = {0, 3}, turned[] = {1, 0};
  const float weights[] = {1, 0, 1, 0};
  const apus_image_resize right = {4, 4, 12, 3, {2, 2, inside, weights}, {2, 2, inside, weights}};
  apus_error error;
  check_that(apus_image_resize_check(&right, &error) == APUS_OK, "refused: %s", error.text);
  apus_image_resize s = right;
  s.down.first = outside;
  check_error("a tap below the image", apus_image_resize_check(&s, &error), APUS_INVALID_ARGUMENT, &error);
  s = right;
  s.across.first = outside;
  check_error("a tap beside the image", apus_image_resize_check(&s, &error), APUS_INVALID_ARGUMENT, &error);
  s = right;
  s.down.first = turned;
  check_error("rows in disorder", apus_image_resize_check(&s, &error), APUS_INVALID_ARGUMENT, &error);
  s = right;
  s.channels = 5;
  check_error("five channels", apus_image_resize_check(&s, &error), APUS_INVALID_ARGUMENT, &error);
  s = right;
  s.stride = 11;
  check_error("rows that overlap", apus_image_resize_check(&s, &error), APUS_INVALID_ARGUMENT, &error);
  s = right;
  s.width = 0;
  check_error("no pixels", apus_image_resize_check(&s, &error), APUS_INVALID_ARGUMENT, &error);
  s = right;
  s.height = INT64_MAX / 4;
  check_error("too large", apus_image_resize_check(&s, &error), APUS_OVERFLOW, &error);
  s = right;
  s.across.taps = (int64_t)1 << 41;
  check_error("too many taps", apus_image_resize_check(&s, &error), APUS_OVERFLOW, &error);
}

void check_image_resize_family(void) {
  check_rounding();
  check_refusals();
  const bench_shape *line;
  for (int i = 0; (line = check_line("image_resize", i)); i++)
    check_shape(line->name, call_image_resize_shape(line));
  for (int64_t i = 0; i < check_chosen.cases; i++) {
    char name[32];
    snprintf(name, sizeof name, "random %lld", (long long)i);
    apus_image_resize s = {check_random_int(1, 30), check_random_int(1, 60), 0, (int)check_random_int(1, 4), {0}, {0}};
    s.stride = s.width * s.channels;
    s.down = (apus_taps){check_random_int(1, 40), check_random_int(1, s.height), NULL, NULL};
    s.across = (apus_taps){check_random_int(1, 70), check_random_int(1, s.width), NULL, NULL};
    check_shape(name, s);
  }
}
