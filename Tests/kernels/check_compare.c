#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "check_internal.h"

/* Below the smallest normal number a relative error has no meaning. */
#define TINY ((double)FLT_MIN)

static int same_value(float got, double want) { return isnan(want) ? isnan(got) : got == (float)want; }

void check_close(const char *what, const float *got, const double *want, const double *magnitude, int64_t count, double terms) {
  double factor = (4 + sqrt(terms)) * (double)FLT_EPSILON, worst = 0;
  int64_t worst_index = -1, wrong = 0;
  for (int64_t i = 0; i < count; i++) {
    if (same_value(got[i], want[i]))
      continue;
    /* An infinite bound would let anything pass. */
    double error = isfinite(magnitude[i]) ? fabs(got[i] - want[i]) / (factor * magnitude[i] + TINY) : (double)INFINITY;
    if (error <= 1)
      continue;
    wrong++;
    /* A NaN is the worst of all: !(error <= worst) holds for it. */
    if (worst_index < 0 || (!(error <= worst) && !isnan(worst))) {
      worst = error;
      worst_index = i;
    }
  }
  if (wrong)
    check_fail("%s: %lld of %lld wrong, worst [%lld] got %.9g want %.9g, %.3g times the bound (sum of magnitudes %.4g)", what,
               (long long)wrong, (long long)count, (long long)worst_index, (double)got[worst_index], want[worst_index], worst,
               magnitude[worst_index]);
  else
    check_pass();
}

void check_exact(const char *what, const float *got, const double *want, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    if (!same_value(got[i], want[i])) {
      check_fail("%s: [%lld of %lld] got %.9g want exactly %.9g", what, (long long)i, (long long)count, (double)got[i], want[i]);
      return;
    }
  check_pass();
}

void check_ulps(const char *what, const float *got, const double *want, int64_t count, double ulps) {
  for (int64_t i = 0; i < count; i++) {
    if (same_value(got[i], want[i]))
      continue;
    double unit = fmax(ldexp(1, ilogb(want[i]) - (FLT_MANT_DIG - 1)), (double)FLT_TRUE_MIN),
           error = fabs(got[i] - want[i]) / unit;
    if (!(error <= ulps)) {
      check_fail("%s: [%lld of %lld] got %.9g want %.9g, %.3g units in the last place, allowed %g", what, (long long)i,
                 (long long)count, (double)got[i], want[i], error, ulps);
      return;
    }
  }
  check_pass();
}

void check_group_ulps(const char *what, const float *got, const double *want, const double *terms, const int64_t *group,
                      int64_t count, int64_t groups, double ulps) {
  double *largest = check_doubles(groups), *noise = check_doubles(groups);
  for (int64_t i = 0; i < count; i++) {
    largest[group[i]] = fmax(largest[group[i]], fabs(want[i]));
    noise[group[i]] = terms ? fmax(noise[group[i]], fabs(terms[i]) * 0x1p-46) : 0;
  }
  for (int64_t i = 0; i < count; i++) {
    const double most = largest[group[i]], error = fabs(got[i] - want[i]);
    const double unit = most > 0 ? fmax(ldexp(1, ilogb(most) - (FLT_MANT_DIG - 1)), (double)FLT_TRUE_MIN) : 0;
    if (!(error <= ulps * unit + noise[group[i]])) {
      check_fail("%s: [%lld of %lld] got %.9g want %.9g, %.3g units in the last place of the group's largest, %.9g; allowed %g",
                 what, (long long)i, (long long)count, (double)got[i], want[i], error / unit, most, ulps);
      return;
    }
  }
  check_pass();
}

void check_same_bits(const char *what, const void *got, const void *want, int element_bytes, int64_t count) {
  const unsigned char *g = got, *w = want;
  for (int64_t i = 0; i < count; i++, g += element_bytes, w += element_bytes)
    if (memcmp(g, w, (size_t)element_bytes) != 0) {
      uint64_t got_bits = 0, want_bits = 0;
      memcpy(&got_bits, g, (size_t)element_bytes);
      memcpy(&want_bits, w, (size_t)element_bytes);
      check_fail("%s: bits differ at [%lld of %lld]: got %#llx want %#llx", what, (long long)i, (long long)count,
                 (unsigned long long)got_bits, (unsigned long long)want_bits);
      return;
    }
  check_pass();
}

void check_that(int holds, const char *format, ...) {
  if (holds) {
    check_pass();
    return;
  }
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  check_fail("%s", text);
}

void check_error(const char *what, apus_status got, apus_status want, const apus_error *error) {
  if (got != want)
    check_fail("%s: status %s, want %s (%s)", what, apus_status_name(got), apus_status_name(want), error->text);
  else if (error->code != got)
    check_fail("%s: returned %s, but the error says %s", what, apus_status_name(got), apus_status_name(error->code));
  else if (strlen(error->text) < 8 || strchr(error->text, '\n'))
    check_fail("%s: the text '%s' does not explain it in one line", what, error->text);
  else
    check_pass();
}

void check_gradient(const char *what, double (*loss)(void *context), void *context, double *value, const double *gradient,
                    int64_t count) {
  const double h = 1e-5;
  for (int64_t i = 0; i < count; i++) {
    double saved = value[i];
    value[i] = saved + h;
    double above = loss(context);
    value[i] = saved - h;
    double below = loss(context);
    value[i] = saved;
    double slope = (above - below) / (2 * h);
    /* Truncation is of order h² = 1e-10, cancellation of order 1e-16·|loss|/h. */
    double tolerance = 1e-7 * (1 + fabs(slope)) + 1e-10 * (fabs(above) + fabs(below));
    if (!(fabs(slope - gradient[i]) <= tolerance)) {
      check_fail("%s: d/d[%lld of %lld] is %.12g, finite differences give %.12g", what, (long long)i, (long long)count,
                 gradient[i], slope);
      return;
    }
  }
  check_pass();
}
