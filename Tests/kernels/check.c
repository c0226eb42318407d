#include "check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_internal.h"
#include "runtime/hooks.h"
#include "shapes.h"

/* After so many the text is of no more use; they are still counted. */
enum { PRINTED_OF_A_CASE = 3, PRINTED_IN_ALL = 60 };

check_options check_chosen = {.seed = 1, .shapes = APUS_CHECK_SHAPES, .isa = -1, .cases = 12};

static int64_t passed, failed, printed, printed_of_case;

/* Where we are, for a failure's text. */
static const char *family_name = "";
static char case_name[64], case_text[512];
static const char *version_name = "";
static int threads, running;

/* ---- verdicts --------------------------------------------------------------------------------------------------- */

void check_pass(void) { passed++; }

void check_fail(const char *format, ...) {
  failed++;
  if (printed_of_case++ >= PRINTED_OF_A_CASE || printed++ >= PRINTED_IN_ALL)
    return;
  printf("FAIL %s '%s' isa %s%s%s", family_name, case_name, apus_isa_name(apus_isa_current()), *version_name ? " " : "",
         version_name);
  if (threads)
    printf(" threads %d", threads);
  printf(" seed %llu: ", (unsigned long long)check_chosen.seed);
  va_list arguments;
  va_start(arguments, format);
  vprintf(format, arguments);
  va_end(arguments);
  printf("; %s\n", case_text);
  if (printed_of_case == PRINTED_OF_A_CASE || printed == PRINTED_IN_ALL)
    printf("     (further failures of this case%s are only counted)\n", printed == PRINTED_IN_ALL ? " and of all others" : "");
  if (check_chosen.stop) {
    fflush(stdout);
    exit(1);
  }
}

/* ---- cases ------------------------------------------------------------------------------------------------------ */

static shape_table shapes;

const bench_shape *check_line(const char *operation, int i) {
  int found = 0;
  for (int line = 0; line < shapes.count; line++)
    if (strcmp(shapes.lines[line].operation, operation) == 0 && found++ == i)
      return &shapes.lines[line];
  if (found == 0)
    check_fail("%s has no line of %s", check_chosen.shapes, operation);
  return NULL;
}

int check_case(const char *name, const char *format, ...) {
  if (check_chosen.name && !strstr(name, check_chosen.name))
    return 0;
  check_release(0);
  snprintf(case_name, sizeof case_name, "%s", name);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(case_text, sizeof case_text, format, arguments);
  va_end(arguments);
  check_seed(check_chosen.seed, family_name, name);
  version_name = "";
  threads = 0;
  printed_of_case = 0;
  if (check_chosen.verbose)
    printf("%s '%s' %s\n", family_name, case_name, case_text);
  return 1;
}

int check_select(int isa) {
  version_name = "";
  if ((check_chosen.isa >= 0 && check_chosen.isa != isa) || !apus_isa_available((apus_isa)isa))
    return 0;
  apus_error error;
  if (apus_isa_select((apus_isa)isa, &error) != APUS_OK) {
    check_fail("tier %s is available but cannot be selected: %s", apus_isa_name((apus_isa)isa), error.text);
    return 0;
  }
  return 1;
}

int check_thread_counts(int counts[CHECK_MOST_COUNTS]) {
  static const int usual[CHECK_MOST_COUNTS] = {1, 2, 3, 4, 7};
  memcpy(counts, usual, sizeof usual);
  if (apus_isa_current() == APUS_ISA_REFERENCE)
    return 1;
  if (check_chosen.threads == 0)
    return CHECK_MOST_COUNTS;
  counts[1] = check_chosen.threads;
  return 2;
}

int check_running(void) { return running; }

/* One run at this thread count; 0 where it fails. But on one and on three threads loops are cut however short they are. */
static int run_once(int first, check_body body, void *context, int64_t *allocations) {
  char text[256];
  check_memory_before_run(first);
  apus_parallel_ignore_grain(threads != 3);
  check_allocations_count(1);
  body(context);
  *allocations = check_allocations_count(0);
  apus_parallel_ignore_grain(0);
  if (check_memory_after_run(first, text, sizeof text))
    return 1;
  check_fail("%s", text);
  return 0;
}

int check_run(const char *version, check_body body, void *context) {
  int counts[CHECK_MOST_COUNTS], good = 1;
  int runs = check_thread_counts(counts);
  int64_t allocations = 0;
  version_name = version;
  for (running = 0; running < runs && good; running++) {
    threads = counts[running];
    apus_thread_count_set(threads);
    /* Every second run writes past the caches, as if the tensors were larger than those. */
    apus_last_cache_bytes_set(running % 2);
    good = run_once(running == 0, body, context, &allocations);
    /* The first call may allocate: OpenBLAS its buffers. */
    if (good && !check_chosen.once && (running == runs - 1 || running == 0)) {
      good = run_once(0, body, context, &allocations);
      if (allocations > 0) {
        check_fail("%lld allocations while running", (long long)allocations);
        good = 0;
      }
    }
  }
  apus_thread_count_set(0);
  apus_last_cache_bytes_set(0);
  running = threads = 0;
  if (good)
    check_pass();
  return good;
}

/* Whether a name is one of the words of a comma-separated list. */
static int is_listed(const char *list, const char *name) {
  size_t length = strlen(name);
  for (const char *word = list; *word; word += *word == ',') {
    size_t here = strcspn(word, ",");
    if (here == length && strncmp(word, name, length) == 0)
      return 1;
    word += here;
  }
  return 0;
}

/* How many names a list has. */
static int count_listed(const char *list) {
  int count = 1;
  for (; *list; list++)
    count += *list == ',';
  return count;
}

int check_all(const check_family *families, int count) {
  passed = failed = 0;
  int chosen = 0;
  char error[512];
  if (!shape_table_read(&shapes, check_chosen.shapes, error, sizeof error)) {
    fprintf(stderr, "apus-check: %s\n", error);
    return 2;
  }
  for (int i = 0; i < count; i++) {
    if (check_chosen.family && !is_listed(check_chosen.family, families[i].name))
      continue;
    chosen++;
    family_name = families[i].name;
    int64_t passed_before = passed, failed_before = failed;
    families[i].run();
    check_release(0);
    printf("%-14s %lld passed, %lld failed\n", family_name, (long long)(passed - passed_before),
           (long long)(failed - failed_before));
    fflush(stdout);
  }
  if (check_chosen.family && chosen != count_listed(check_chosen.family)) {
    printf("of the families %s there are only %d\n", check_chosen.family, chosen);
    failed++;
  } else if (passed + failed == 0) {
    printf("nothing was checked\n");
    failed++;
  }
  shape_table_free(&shapes);
  printf("seed %llu\n", (unsigned long long)check_chosen.seed);
  printf("%lld passed, %lld failed\n", (long long)passed, (long long)failed);
  return failed == 0 ? 0 : 1;
}
