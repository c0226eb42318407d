#define _POSIX_C_SOURCE 200112L /* clock_gettime */

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

bench_options bench_chosen = {.shapes = APUS_BENCH_SHAPES, .seconds = 0.2};

static const struct {
  const char *operation;
  int sizes;
  void (*run)(const bench_shape *shape);
} operations[] = {
    {"conv2d", 9, bench_conv2d},
    {"gemm", 5, bench_gemm},
    {"max_pool2d", 6, bench_pool2d},
    {"average_pool2d", 6, bench_pool2d},
    {"batch_norm", 2, bench_batch_norm},
    {"activation", 2, bench_activation},
    {"loss", 2, bench_loss},
    {"sgd", 1, bench_optimizer},
    {"elementwise", 1, bench_elementwise},
};
enum { operation_count = sizeof operations / sizeof operations[0] };

/* ---- memory ----------------------------------------------------------------------------------------------------- */

enum { MAX_BLOCKS = 32 };
static void *blocks[MAX_BLOCKS];
static int block_count;

void *bench_bytes(size_t bytes) {
  void *block = block_count < MAX_BLOCKS ? apus_alloc(bytes) : NULL;
  if (!block) {
    fprintf(stderr, "apus-bench: out of memory\n");
    exit(2);
  }
  return blocks[block_count++] = block;
}

float *bench_floats(int64_t count) {
  float *x = bench_bytes((size_t)count * sizeof(float));
  apus_random_uniform(1, (uint64_t)block_count, 0, count, x);
  for (int64_t i = 0; i < count; i++)
    x[i] = 2 * x[i] - 1;
  return x;
}

void bench_free_all(void) {
  while (block_count > 0)
    apus_free(blocks[--block_count]);
}

/* ---- timing ----------------------------------------------------------------------------------------------------- */

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Median of single calls; calls that the clock hardly resolves are timed in groups. */
static double median_seconds(bench_body body, void *context) {
  enum { MOST = 1000, LEAST = 5 };
  double samples[MOST];
  body(context); /* pages, caches, thread teams */
  double start = now();
  body(context);
  double once = now() - start;
  int group = once < 20e-6 ? (int)(20e-6 / (once + 1e-9)) + 1 : 1, count = 0;
  for (start = now(); count < MOST && (count < LEAST || now() - start < bench_chosen.seconds); count++) {
    double before = now();
    for (int i = 0; i < group; i++)
      body(context);
    samples[count] = (now() - before) / group;
  }
  qsort(samples, (size_t)count, sizeof samples[0], ascending);
  return samples[count / 2];
}

void bench_time(const bench_shape *shape, const char *pass, const char *implementation, bench_work work, bench_body body,
                void *context) {
  double seconds = median_seconds(body, context), gflops = work.operations / seconds * 1e-9, gbytes = work.bytes / seconds * 1e-9;
  if (bench_chosen.json)
    printf("{\"operation\": \"%s\", \"shape\": \"%s\", \"pass\": \"%s\", \"implementation\": \"%s\", \"isa\": \"%s\", "
           "\"threads\": %d, \"ms\": %.6g, \"gflops\": %.5g, \"gbytes\": %.5g}\n",
           shape->operation, shape->name, pass, implementation, apus_isa_name(apus_isa_current()), apus_thread_count(),
           seconds * 1e3, gflops, gbytes);
  else if (work.operations > 0)
    printf("%-14s %-18s %-18s %-10s %10.4f ms %8.1f GFLOP/s %7.1f GB/s\n", shape->operation, shape->name, pass, implementation,
           seconds * 1e3, gflops, gbytes);
  else
    printf("%-14s %-18s %-18s %-10s %10.4f ms %16s %7.1f GB/s\n", shape->operation, shape->name, pass, implementation,
           seconds * 1e3, "", gbytes);
  fflush(stdout);
}

/* ---- the table of shapes ---------------------------------------------------------------------------------------- */

/* A name and whole numbers a line; # begins a comment. 0 where the line holds nothing, −1 where it is wrong. */
static int parse(char *line, bench_shape *shape) {
  memset(shape, 0, sizeof *shape);
  line[strcspn(line, "#\n")] = 0;
  char *word = strtok(line, " \t");
  if (!word)
    return 0;
  snprintf(shape->operation, sizeof shape->operation, "%s", word);
  if (!(word = strtok(NULL, " \t")))
    return -1;
  snprintf(shape->name, sizeof shape->name, "%s", word);
  while ((word = strtok(NULL, " \t"))) {
    char *end;
    if (shape->sizes == BENCH_SIZES)
      return -1;
    shape->size[shape->sizes++] = strtoll(word, &end, 10);
    if (*end)
      return -1;
  }
  return 1;
}

static int run_shape(const bench_shape *shape) {
  for (int i = 0; i < operation_count; i++) {
    if (strcmp(shape->operation, operations[i].operation) != 0)
      continue;
    if (shape->sizes != operations[i].sizes)
      return -1;
    if ((bench_chosen.operation && strcmp(bench_chosen.operation, shape->operation) != 0) ||
        (bench_chosen.name && !strstr(shape->name, bench_chosen.name)))
      return 0;
    operations[i].run(shape);
    bench_free_all();
    return 1;
  }
  return -1;
}

static int run_table(void) {
  FILE *file = fopen(bench_chosen.shapes, "r");
  if (!file) {
    fprintf(stderr, "apus-bench: cannot read %s\n", bench_chosen.shapes);
    return 1;
  }
  char line[256];
  int number = 0, run = 0, wrong = 0;
  while (!wrong && fgets(line, sizeof line, file)) {
    bench_shape shape;
    number++;
    int parsed = parse(line, &shape), result = parsed == 1 ? run_shape(&shape) : parsed;
    if (result < 0) {
      fprintf(stderr, "apus-bench: %s:%d: no operation with these sizes\n", bench_chosen.shapes, number);
      wrong = 1;
    }
    run += result == 1;
  }
  fclose(file);
  if (!wrong && run == 0) {
    fprintf(stderr, "apus-bench: no shape was chosen\n");
    return 1;
  }
  return wrong;
}

/* ---- the program ------------------------------------------------------------------------------------------------ */

static const char *const usage =
    "usage: apus-bench [--operation NAME] [--shape TEXT] [--isa NAME] [--threads N] [--seconds S] [--every] [--json]\n"
    "                  [--shapes FILE]\n"
    "  times each shape of FILE (default: bench/shapes.txt)\n"
    "  --operation NAME  only this one: conv2d, gemm, max_pool2d, …\n"
    "  --shape TEXT      only shapes whose name contains TEXT\n"
    "  --seconds S       for each measurement (default 0.2; at least 5 calls are timed)\n"
    "  --every           every implementation that does not decline, not only the one that the plan chooses\n";

static int wrong_usage(const char *text) {
  fprintf(stderr, "apus-bench: %s\n%s", text, usage);
  return 64;
}

static int select_isa(const char *name) {
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++)
    if (strcmp(name, apus_isa_name((apus_isa)isa)) == 0)
      return apus_isa_select((apus_isa)isa, NULL) == APUS_OK;
  return 0;
}

/* 0 where the option is unknown or its value is wrong. */
static int take_option(const char *option, const char *value) {
  if (strcmp(option, "--operation") == 0)
    return (bench_chosen.operation = value) != NULL;
  if (strcmp(option, "--shape") == 0)
    return (bench_chosen.name = value) != NULL;
  if (strcmp(option, "--shapes") == 0)
    return (bench_chosen.shapes = value) != NULL;
  if (strcmp(option, "--seconds") == 0)
    return (bench_chosen.seconds = atof(value)) >= 0;
  if (strcmp(option, "--isa") == 0)
    return select_isa(value);
  if (strcmp(option, "--threads") != 0 || atoi(value) < 1)
    return 0;
  apus_thread_count_set(atoi(value));
  return 1;
}

/* OpenBLAS obeys variables that some shells export and that halve its speed; a figure without them is another figure. */
static void print_heading(void) {
  static const char *const variables[] = {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"};
  printf("# %s; tier %s, %d threads", apus_build_description(), apus_isa_name(apus_isa_current()), apus_thread_count());
  for (int i = 0; i < 2; i++)
    if (getenv(variables[i]))
      printf("; %s=%s is set", variables[i], getenv(variables[i]));
  printf("\n");
}

int bench_main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    const char *option = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
    if (strcmp(option, "--every") == 0) {
      bench_chosen.every = 1;
      continue;
    }
    if (strcmp(option, "--json") == 0) {
      bench_chosen.json = 1;
      continue;
    }
    if (strcmp(option, "--help") == 0) {
      fputs(usage, stdout);
      return 0;
    }
    if (!value)
      return wrong_usage("an option is unknown or lacks its value");
    if (!take_option(option, value))
      return wrong_usage("an option is unknown or its value has no meaning here");
    i++;
  }
  if (!bench_chosen.json)
    print_heading();
  return run_table();
}
