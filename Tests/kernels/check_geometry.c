/* Extreme geometries: the numbers, the verdicts and the runs (check_geometries.h). */
#include "check_geometries.h"

#include <stdio.h>
#include <string.h>

#include "check_internal.h"
#include "runtime/hooks.h"

/* ---- numbers ---------------------------------------------------------------------------------------------------- */

int64_t geometry_extreme(int64_t least, int64_t most) {
  const int64_t near = check_random_int(-2, 2);
  int64_t value;
  if (check_random_int(0, 7) == 0)
    value = most - check_random_int(0, 2);
  else
    value = ((int64_t)1 << check_random_int(1, 62)) + near;
  while (value > most)
    value = value / 2 + (value > 8 ? near : 0);
  return value < least ? least : value;
}

static int64_t some(int64_t most) { return check_random_int(0, 3) ? check_random_int(1, 4) : geometry_extreme(1, most); }

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* The last tap's distance from the first. */
static int64_t room(const geometry_axis *a) { return a->size + a->before + a->after - a->dilation * (a->kernel - 1) - 1; }

/* A stride with which there are at most so many outputs. */
static void thin_out(geometry_axis *a, int64_t outputs) {
  if (room(a) / a->stride >= outputs)
    a->stride = least(APUS_MAX_SIZE, room(a) / check_random_int(1, outputs) + 1);
}

static void pad(geometry_axis *a, int is_pooling) {
  const int64_t most = is_pooling ? a->kernel - 1 : APUS_MAX_SIZE;
  a->before = check_random_int(0, 2) ? geometry_extreme(0, most) : check_random_int(0, least(3, most));
  a->after = check_random_int(0, 2) ? geometry_extreme(0, most) : check_random_int(0, least(3, most));
}

geometry_axis geometry_axis_make(int is_tame, int is_pooling) {
  geometry_axis a = {check_random_int(1, 8), check_random_int(1, 4), check_random_int(1, 3), 1, 0, 0};
  if (!is_pooling && check_random_int(0, 2) == 0)
    a.dilation = check_random_int(1, 3);
  a.before = check_random_int(0, is_pooling ? a.kernel - 1 : 3);
  a.after = check_random_int(0, is_pooling ? a.kernel - 1 : 3);
  switch (is_tame ? 0 : check_random_int(1, 6)) {
  case 1:
    a.stride = geometry_extreme(1, APUS_MAX_SIZE);
    break;
  case 2: /* padding, and a stride that leaves few outputs of it */
    if (is_pooling)
      a.kernel = geometry_extreme(1, APUS_MAX_SIZE);
    pad(&a, is_pooling);
    break;
  case 3: /* taps that are just within the padding, or just not */
    if (is_pooling) {
      a.kernel = geometry_extreme(1, APUS_MAX_SIZE);
      a.before = least(a.kernel - 1, a.before), a.after = least(a.kernel - 1, a.after);
      break;
    }
    pad(&a, is_pooling);
    a.kernel = check_random_int(2, 4);
    a.dilation = least(APUS_MAX_SIZE, (a.size + a.before + a.after - 1) / (a.kernel - 1) + check_random_int(-2, 1));
    a.dilation = a.dilation < 1 ? 1 : a.dilation;
    break;
  case 4: /* many taps */
    a.kernel = is_pooling ? geometry_extreme(1, APUS_MAX_SIZE) : check_random_int(1, 400);
    a.before = check_random_int(0, a.kernel - 1);
    a.after = least(a.kernel - 1, a.kernel - a.before + check_random_int(0, 5));
    a.stride = some(APUS_MAX_SIZE);
    break;
  case 5:
    a.stride = some(APUS_MAX_SIZE);
    if (!is_pooling)
      a.dilation = geometry_extreme(1, APUS_MAX_SIZE);
    break;
  case 6:
    a.stride = geometry_extreme(1, APUS_MAX_SIZE);
    if (is_pooling)
      a.kernel = some(APUS_MAX_SIZE);
    else
      a.dilation = some(APUS_MAX_SIZE);
    pad(&a, is_pooling);
    break;
  default:
    break;
  }
  thin_out(&a, is_tame ? 12 : 5);
  /* One in a hundred has a number that no plan takes. */
  if (check_random_int(0, 99) == 0) {
    int64_t *const numbers[] = {&a.size, &a.kernel, &a.stride, &a.dilation, &a.before, &a.after};
    *numbers[is_pooling && check_random_int(0, 1) ? 2 : check_random_int(0, 5)] =
        check_random_int(0, 1)   ? APUS_MAX_SIZE + check_random_int(1, 3)
        : check_random_int(0, 3) ? geometry_extreme(APUS_MAX_SIZE - 1, INT64_MAX)
                                 : check_random_int(-1, 0);
    if (is_pooling)
      a.dilation = 1;
  }
  return a;
}

int64_t geometry_outputs(const geometry_axis *a) {
  const __int128 left = (__int128)a->size + a->before + a->after - (__int128)a->dilation * (a->kernel - 1) - 1;
  return left < 0 ? 0 : (int64_t)(left / a->stride) + 1;
}

/* ---- verdicts --------------------------------------------------------------------------------------------------- */

apus_status geometry_expect(const geometry_number *numbers, int count, char *text, size_t size) {
  for (int i = 0; i < count; i++)
    if (numbers[i].value < numbers[i].least) {
      snprintf(text, size, "%s is %lld, must be at least %lld", numbers[i].name, (long long)numbers[i].value,
               (long long)numbers[i].least);
      return APUS_INVALID_ARGUMENT;
    }
  for (int i = 0; i < count; i++)
    if (numbers[i].value > numbers[i].most) {
      snprintf(text, size, "%s is %lld, must be at most %lld", numbers[i].name, (long long)numbers[i].value,
               (long long)numbers[i].most);
      return APUS_OVERFLOW;
    }
  return APUS_OK;
}

apus_status geometry_expect_windows(const geometry_axis *h, const geometry_axis *w, char *text, size_t size) {
  if (geometry_outputs(h) > 0 && geometry_outputs(w) > 0)
    return APUS_OK;
  snprintf(text, size, " is larger than the padded input %lldx%lld", (long long)(h->size + h->before + h->after),
           (long long)(w->size + w->before + w->after));
  return APUS_INVALID_ARGUMENT;
}

int geometry_fits(int64_t a, int64_t b, int64_t c, int64_t d) {
  const __int128 ab = (__int128)a * b;
  if (a == 0 || b == 0 || c == 0 || d == 0)
    return 1;
  return ab <= APUS_MAX_ELEMENTS && ab * c <= APUS_MAX_ELEMENTS && ab * c * d <= APUS_MAX_ELEMENTS;
}

int geometry_check_status(apus_status got, apus_status want, const char *text, const apus_error *error, geometry_tally *tally) {
  tally->refused += want != APUS_OK;
  if (got != want)
    check_fail("the plan's status is %s, expected %s %s", apus_status_name(got), apus_status_name(want), text);
  else if (got != APUS_OK && !strstr(error->text, text))
    check_fail("the refusal lacks '%s': %s", text, error->text);
  else
    check_pass();
  return got == APUS_OK && want == APUS_OK;
}

/* ---- runs ------------------------------------------------------------------------------------------------------- */

int64_t geometry_turn;

int geometry_select(void) {
  for (int i = 0; i < APUS_ISA_COUNT; i++)
    if (check_select((int)((geometry_turn + i) % APUS_ISA_COUNT)))
      return 1;
  return 0;
}

/* A team for one in eight: what threads do is the same for all. */
int geometry_threads(void) { return geometry_turn % 8 == 3 ? 3 : 1; }

void geometry_run(const char *version, check_body body, void *context, geometry_tally *tally) {
  char text[256];
  apus_last_cache_bytes_set(geometry_turn % 4 == 1); /* some past the caches */
  check_memory_before_run(1);
  body(context);
  apus_last_cache_bytes_set(0);
  if (check_memory_after_run(1, text, sizeof text))
    check_pass();
  else
    check_fail("%s: %s", version, text);
  tally->passes++;
}
