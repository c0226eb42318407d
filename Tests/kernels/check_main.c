#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "check.h"

#define FAMILY(name, function) {name, function},
static const check_family families[] = {CHECK_FAMILIES(FAMILY)};
#undef FAMILY
enum { FAMILIES = sizeof families / sizeof families[0] };

static const char *const usage =
    "usage: apus-check [--seed N] [--family NAME,…] [--case TEXT] [--isa NAME] [--threads N] [--once] [--cases N] [--stop] "
    "[--verbose] [--bench]\n"
    "  checks every version of every kernel against the references; the last line is \"N passed, N failed\"\n"
    "  --case TEXT   only the cases whose name contains TEXT\n"
    "  --isa NAME    only this tier (default: the environment's APUS_ISA, else every tier of this CPU)\n"
    "  --threads N   compares 1 and N threads (default: 1, 2, 3, 4 and 7)\n"
    "  --once        runs each number of threads once: repetitions, which must have the same bits and allocate nothing, are left "
    "to\n"
    "                a run without it\n"
    "  --shapes FILE the table of shapes (default: Tests/kernels/shapes.txt); bench/shapes.txt is another\n"
    "  --cases N     random cases a family (default 12; of geometries 250 each)\n"
    "  --stop        ends at the first failure\n"
    "  --bench       times the same kernels instead (see apus-bench)\n";

static int wrong_usage(const char *text) {
  fprintf(stderr, "apus-check: %s\n%s", text, usage);
  return 64;
}

static int isa_named(const char *name) {
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++)
    if (strcmp(name, apus_isa_name((apus_isa)isa)) == 0 && apus_isa_available((apus_isa)isa))
      return isa;
  return -1;
}

static int number(const char *text, int64_t *value) {
  char *end;
  *value = strtoll(text, &end, 10);
  return *text && !*end && *value >= 0;
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "--bench") == 0)
    return bench_main(argc - 1, argv + 1);
  const char *isa = getenv("APUS_ISA");
  for (int i = 1; i < argc; i++) {
    const char *option = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";
    int64_t n = 0;
    int numeric = number(value, &n);
    if (strcmp(option, "--verbose") == 0) {
      check_chosen.verbose = 1;
      continue;
    }
    if (strcmp(option, "--once") == 0) {
      check_chosen.once = 1;
      continue;
    }
    if (strcmp(option, "--stop") == 0) {
      check_chosen.stop = 1;
      continue;
    }
    if (strcmp(option, "--help") == 0) {
      fputs(usage, stdout);
      return 0;
    }
    if (!*value)
      return wrong_usage("an option is unknown or lacks its value");
    if (strcmp(option, "--family") == 0)
      check_chosen.family = value;
    else if (strcmp(option, "--case") == 0)
      check_chosen.name = value;
    else if (strcmp(option, "--shapes") == 0)
      check_chosen.shapes = value;
    else if (strcmp(option, "--isa") == 0)
      isa = value;
    else if (strcmp(option, "--seed") == 0 && numeric)
      check_chosen.seed = (uint64_t)n;
    else if (strcmp(option, "--threads") == 0 && numeric && n <= APUS_MAX_THREADS)
      check_chosen.threads = (int)n;
    else if (strcmp(option, "--cases") == 0 && numeric)
      check_chosen.cases = n;
    else
      return wrong_usage("an option is unknown or its value is no number");
    i++;
  }
  if (isa && *isa && (check_chosen.isa = isa_named(isa)) < 0)
    return wrong_usage("this CPU has no such tier");
  return check_all(families, FAMILIES);
}
