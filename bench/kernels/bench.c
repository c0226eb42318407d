#include "bench_peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/hooks.h"

static const struct {
  const char *operation;
  void (*run)(const bench_shape *shape);
} operations[] = {
    {"conv2d", bench_conv2d},
    {"gemm", bench_gemm},
    {"max_pool2d", bench_pool2d},
    {"average_pool2d", bench_pool2d},
    {"batch_norm", bench_batch_norm},
    {"group_norm", bench_group_norm},
    {"local_response_norm", bench_local_response_norm},
    {"activation", bench_activation},
    {"loss", bench_loss},
    {"optimizer", bench_optimizer},
    {"gradient", bench_gradient},
    {"elementwise", bench_elementwise},
    {"resample", bench_resample},
    {"image_resize", bench_image_resize},
};
enum { operation_count = sizeof operations / sizeof operations[0] };

/* ---- the table of shapes ---------------------------------------------------------------------------------------- */

/* On one thread, on two, … on all. */
static void run_scaling(const bench_shape *shape, void (*run)(const bench_shape *shape)) {
  const int all = apus_thread_count();
  for (int threads = 1; threads <= all; threads++) {
    apus_thread_count_set(threads);
    run(shape);
    bench_free_all();
  }
}

/* 1 where the shape was chosen. */
static int run_shape(const bench_shape *shape) {
  if ((bench_chosen.operation && strcmp(bench_chosen.operation, shape->operation) != 0) ||
      (bench_chosen.name && !strstr(shape->name, bench_chosen.name)))
    return 0;
  int i = 0;
  while (strcmp(shape->operation, operations[i].operation) != 0) /* the table's reader knows no others */
    i++;
  if (bench_chosen.scaling)
    run_scaling(shape, operations[i].run);
  else
    operations[i].run(shape);
  bench_free_all();
  return 1;
}

static int run_table(void) {
  shape_table table;
  char error[512];
  if (!shape_table_read(&table, bench_chosen.shapes, error, sizeof error)) {
    fprintf(stderr, "apus-bench: %s\n", error);
    return 1;
  }
  int run = 0;
  for (int i = 0; i < table.count; i++)
    run += run_shape(&table.lines[i]);
  shape_table_free(&table);
  if (run == 0)
    fprintf(stderr, "apus-bench: no shape was chosen\n");
  return run == 0;
}

/* ---- the program ------------------------------------------------------------------------------------------------ */

static const char *const usage =
    "usage: apus-bench [--operation NAME] [--shape TEXT] [--isa NAME] [--threads N] [--seconds S] [--every] [--cold] "
    "[--scaling]\n"
    "                  [--peer onednn|im2col] [--tune FILE] [--json] [--shapes FILE]\n"
    "  times each shape of FILE (default: bench/shapes.txt): milliseconds, then GFLOP/s of the definition's operations and the\n"
    "  share that those performed are of the peak of multiply-adds, or GB/s and their share of the rate of copying, both "
    "measured\n"
    "  in the same run. Padding is not performed; of Winograd its products are counted, not its transforms.\n"
    "  \"disturbed\" and why, instead of a share, if other work ran during the measurement\n"
    "  --operation NAME  only this one: conv2d, gemm, max_pool2d, …\n"
    "  --shape TEXT      only shapes whose name contains TEXT\n"
    "  --seconds S       for each measurement (default 0.2; at least 5 calls are timed)\n"
    "  --precision NAME  default, strict or bf16\n"
    "  --cold            empties the caches before each call: operands come from memory, as in a training step\n"
    "  --every           every implementation that does not decline, not only the one that the plan chooses\n"
    "  --scaling         on 1, 2, … threads up to all, with the speed-up over one\n"
    "  --peer onednn     beside oneDNN, in alternating blocks of calls; results are compared first; the ratio is its time to "
    "ours\n"
    "  --peer im2col     convolutions: im2col beside the plan's choice, in a build with OpenBLAS\n"
    "  --tune FILE       times every implementation of the convolutions chosen and notes the quickest in FILE, for APUS_TUNE\n"
    "  --json            an object a line\n";

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

static int select_precision(const char *name) {
  static const char *const names[] = {"default", "strict", "bf16"};
  for (int i = 0; i < 3; i++)
    if (strcmp(name, names[i]) == 0) {
      bench_chosen.precision = (apus_precision)i;
      return 1;
    }
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
  if (strcmp(option, "--tune") == 0)
    return (bench_chosen.tune = value) != NULL;
  if (strcmp(option, "--precision") == 0)
    return select_precision(value);
  if (strcmp(option, "--peer") == 0)
    return (bench_chosen.peer = strcmp(value, "onednn") == 0) || (bench_chosen.im2col = strcmp(value, "im2col") == 0);
  if (strcmp(option, "--threads") != 0 || atoi(value) < 1)
    return 0;
  apus_thread_count_set(atoi(value));
  return 1;
}

/* OpenBLAS obeys variables that some shells export and that halve its speed; a figure without them is another figure. A processor
 * that is younger than it gets the kernels of a very old one ("Prescott"), which are several times slower. */
#ifdef APUS_OPENBLAS
extern char *openblas_get_corename(void);
static const char *openblas_kernels(void) { return openblas_get_corename(); }
#else
static const char *openblas_kernels(void) { return "none"; }
#endif

static void print_heading(void) {
  static const char *const variables[] = {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"};
  printf("# %s; tier %s, %d threads; OpenBLAS's kernels: %s", apus_build_description(), apus_isa_name(apus_isa_current()),
         apus_thread_count(), openblas_kernels());
  for (int i = 0; i < 2; i++)
    if (getenv(variables[i]))
      printf("; %s=%s is set", variables[i], getenv(variables[i]));
  printf("\n");
}

int bench_main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    const char *option = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
    if (strcmp(option, "--cold") == 0) {
      bench_chosen.cold = 1;
      continue;
    }
    if (strcmp(option, "--every") == 0) {
      bench_chosen.every = 1;
      continue;
    }
    if (strcmp(option, "--scaling") == 0) {
      bench_chosen.scaling = 1;
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
  if (bench_chosen.peer && !bench_peer_available())
    return wrong_usage("this build has no oneDNN: install libdnnl-dev and ocl-icd-opencl-dev, then configure again");
  if (bench_chosen.tune)
    bench_chosen.operation = "conv2d"; /* the one operation with a choice worth measuring */
  if (!bench_chosen.json)
    print_heading();
  int status = run_table();
  if (status == 0 && bench_chosen.tune && !bench_tune_write(bench_chosen.tune)) {
    fprintf(stderr, "apus-bench: cannot write %s\n", bench_chosen.tune);
    status = 1;
  }
  return status;
}
