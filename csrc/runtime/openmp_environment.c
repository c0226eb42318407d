#if defined(__linux__)
#define _GNU_SOURCE
#else
#define _POSIX_C_SOURCE 200112L /* unsetenv */
#endif
#include "runtime/openmp_environment.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Those that its runtime cannot bear in every value: tried with libomp 14, which ends the process at most of the values that are
 * refused here, and gives two lines of its own for the others. */
static const struct {
  const char *name;
  apus_openmp_kind kind;
} variables[] = {
    {"OMP_NUM_THREADS", APUS_OPENMP_THREADS},
    {"OMP_THREAD_LIMIT", APUS_OPENMP_LIMIT},
    {"KMP_DEVICE_THREAD_LIMIT", APUS_OPENMP_LIMIT},
    {"KMP_ALL_THREADS", APUS_OPENMP_LIMIT},
    {"OMP_STACKSIZE", APUS_OPENMP_SIZE},
    {"KMP_STACKSIZE", APUS_OPENMP_SIZE},
    {"KMP_STACKOFFSET", APUS_OPENMP_SIZE},
};
enum { COUNT = sizeof variables / sizeof variables[0], SHOWN = 40 };
static const long long MOST_THREADS = 65536, MOST_BYTES = 1LL << 30;

/* What was ignored, cut to what a line takes. Written before main, read later. */
static char ignored[COUNT][SHOWN + 1];

static const char *skip_spaces(const char *text) { return text + strspn(text, " \t"); }

/* The digits at *text, which then stands behind them and spaces; −1 where there is none or the number is beyond 10^15. */
static long long read_number(const char **text) {
  const char *start = skip_spaces(*text);
  const size_t digits = strspn(start, "0123456789"), zeros = strspn(start, "0");
  if (digits == 0 || digits - zeros > 15)
    return -1;
  *text = skip_spaces(start + digits);
  return strtoll(start, NULL, 10);
}

static int is_size(const char *text) {
  static const char units[] = "bkmgt";
  long long size = read_number(&text);
  int shift = 10; /* a number alone is of kilobytes */
  if (*text) {
    const char *unit = strchr(units, *text | 32);
    if (!unit)
      return 0;
    shift = 10 * (int)(unit - units);
    text++;
    if ((*text | 32) == 'b') /* "4MB" */
      text++;
    text = skip_spaces(text);
  }
  return *text == 0 && size >= 0 && size <= MOST_BYTES >> shift;
}

int apus_openmp_is_valid(apus_openmp_kind kind, const char *text) {
  if (kind == APUS_OPENMP_SIZE)
    return is_size(text);
  for (;; text++) {
    const long long count = read_number(&text);
    if (count < 1 || count > (kind == APUS_OPENMP_THREADS ? MOST_THREADS : INT_MAX))
      return 0;
    if (*text == 0)
      return 1;
    if (kind != APUS_OPENMP_THREADS || *text != ',')
      return 0;
  }
}

int apus_openmp_can_register(const char *folder) { return access(folder, W_OK | X_OK) == 0; }

/* Before there are threads: nobody else reads the environment. */
__attribute__((constructor)) static void clean(void) {
  for (int i = 0; i < COUNT; i++) {
    const char *value = getenv(variables[i].name);
    if (!value || apus_openmp_is_valid(variables[i].kind, value))
      continue;
    /* Nothing is the usual way to ask for the default: not worth a line. */
    snprintf(ignored[i], sizeof ignored[i], "%s", value);
    unsetenv(variables[i].name);
  }
}

void apus_openmp_environment_report(int threads) {
  static atomic_int told;
  if (atomic_exchange_explicit(&told, 1, memory_order_relaxed))
    return;
  for (int i = 0; i < COUNT; i++)
    if (*ignored[i])
      fprintf(stderr, "apus: warning: %s=%s ignored: using %d thread%s\n", variables[i].name, ignored[i], threads,
              threads == 1 ? "" : "s");
}
