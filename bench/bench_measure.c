#define _POSIX_C_SOURCE 200112L /* clock_gettime */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench_peer.h"
#include "bench_probe.h"

/* ---- memory ----------------------------------------------------------------------------------------------------- */

enum { MAX_BLOCKS = 64 };
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

double bench_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Reads more than any cache holds on every thread, so that the next call finds its operands in memory. */
static void read_lines(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const float *lines = context;
  volatile float sum = 0;
  for (int64_t i = begin; i < end; i++)
    sum = sum + lines[16 * i];
}

static void empty_caches(void) {
  enum { BYTES = 192 << 20 };
  static float *lines;
  if (!lines) {
    lines = apus_alloc(BYTES);
    memset(lines, 0, BYTES);
  }
  apus_parallel_for(BYTES / 64, 1, read_lines, lines);
}

/* Calls that the clock hardly resolves are timed in groups. */
double bench_median_seconds(bench_body body, void *context, double seconds) {
  enum { MOST = 1000, LEAST = 5 };
  double samples[MOST];
  body(context); /* pages, caches, thread teams */
  double start = bench_now();
  body(context);
  double once = bench_now() - start;
  int group = once < 20e-6 && !bench_chosen.cold ? (int)(20e-6 / (once + 1e-9)) + 1 : 1, count = 0;
  for (start = bench_now(); count < MOST && (count < LEAST || bench_now() - start < seconds); count++) {
    if (bench_chosen.cold)
      empty_caches();
    double before = bench_now();
    for (int i = 0; i < group; i++)
      body(context);
    samples[count] = (bench_now() - before) / group;
  }
  qsort(samples, (size_t)count, sizeof samples[0], ascending);
  return samples[count / 2];
}

/* ---- a line ----------------------------------------------------------------------------------------------------- */

typedef struct measurement {
  const bench_shape *shape;
  const char *pass, *implementation;
  bench_work work;
  double seconds;
  double best;                /* GFLOP/s of multiply-adds where operations are counted, else GB/s of copying */
  double speedup;             /* over one thread; 0: not asked */
  const char *peer;           /* its implementation; NULL: not compared */
  double peer_seconds, ratio; /* medians over rounds */
  int disturbed; /* another process had the processors: half the bursts around the measurement were far from the peak */
} measurement;

static double percent(const measurement *m) {
  return 100e-9 * (m->work.operations > 0 ? m->work.performed : m->work.bytes) / m->seconds / m->best;
}

static void print_json(const measurement *m) {
  printf("{\"operation\": \"%s\", \"shape\": \"%s\", \"pass\": \"%s\", \"implementation\": \"%s\", \"isa\": \"%s\", "
         "\"threads\": %d, \"ms\": %.6g, \"gflops\": %.5g, \"performed_gflops\": %.5g, \"gbytes\": %.5g, ",
         m->shape->operation, m->shape->name, m->pass, m->implementation, apus_isa_name(apus_isa_current()), apus_thread_count(),
         m->seconds * 1e3, m->work.operations / m->seconds * 1e-9, m->work.performed / m->seconds * 1e-9,
         m->work.bytes / m->seconds * 1e-9);
  if (m->speedup > 0)
    printf("\"speedup\": %.4g, ", m->speedup);
  if (m->peer)
    printf("\"peer\": \"%s\", \"peer_ms\": %.6g, \"ratio\": %.4g, ", m->peer, m->peer_seconds * 1e3, m->ratio);
  printf("\"disturbed\": %s, ", m->disturbed ? "true" : "false");
  if (m->work.operations > 0)
    printf("\"peak_gflops\": %.5g, \"percent_of_peak\": %.4g}\n", m->best, percent(m));
  else
    printf("\"copy_gbytes\": %.5g, \"percent_of_copy\": %.4g}\n", m->best, percent(m));
}

static void print_text(const measurement *m) {
  printf("%-14s %-18s %-18s %-10s ", m->shape->operation, m->shape->name, m->pass, m->implementation);
  if (m->speedup > 0)
    printf("%3d threads %5.2fx ", apus_thread_count(), m->speedup);
  printf("%10.4f ms ", m->seconds * 1e3);
  if (m->work.operations > 0)
    printf("%8.1f GFLOP/s %6.1f %% of peak", m->work.operations / m->seconds * 1e-9, percent(m));
  else
    printf("%8.1f GB/s    %6.1f %% of copy", m->work.bytes / m->seconds * 1e-9, percent(m));
  if (m->peer)
    printf("   peer %10.4f ms %6.2fx  %s", m->peer_seconds * 1e3, m->ratio, m->peer);
  printf("%s\n", m->disturbed ? "  (disturbed)" : "");
}

/* Speed-up over the same measurement on one thread, which came first and is remembered until the next shape's. */
static double speedup_of(const measurement *m) {
  enum { MOST = 64 };
  static struct {
    char pass[40], implementation[40];
    double seconds;
  } on_one[MOST];
  static int count;
  static char name[80];
  char now[80];
  snprintf(now, sizeof now, "%s %s", m->shape->operation, m->shape->name);
  if (strcmp(name, now) != 0) {
    strcpy(name, now);
    count = 0;
  }
  if (apus_thread_count() == 1 && count < MOST) {
    snprintf(on_one[count].pass, sizeof on_one[count].pass, "%s", m->pass);
    snprintf(on_one[count].implementation, sizeof on_one[count].implementation, "%s", m->implementation);
    on_one[count++].seconds = m->seconds;
  }
  for (int i = 0; i < count; i++)
    if (strcmp(on_one[i].pass, m->pass) == 0 && strcmp(on_one[i].implementation, m->implementation) == 0)
      return on_one[i].seconds / m->seconds;
  return 0;
}

static void print(measurement *m) {
  m->speedup = bench_chosen.scaling ? speedup_of(m) : 0;
  bench_chosen.json ? print_json(m) : print_text(m);
  fflush(stdout);
}

/* Whether the bursts around a measurement say that something else ran; sorts them. */
static int were_disturbed(double bursts[2 * BENCH_BURSTS], double peak) {
  qsort(bursts, 2 * BENCH_BURSTS, sizeof bursts[0], ascending);
  return bursts[BENCH_BURSTS] < 0.9 * peak;
}

enum { COPIES = 3 };

void bench_time(const bench_shape *shape, const char *pass, const char *implementation, bench_work work, bench_body body,
                void *context) {
  measurement m = {.shape = shape, .pass = pass, .implementation = implementation, .work = work};
  const int memory = work.operations == 0;
  double bursts[2 * BENCH_BURSTS];
  double copy_before = memory ? bench_copy_gbytes(COPIES) : 0;
  bench_peak_gflops(bursts);
  m.seconds = bench_median_seconds(body, context, bench_chosen.seconds);
  double peak = bench_peak_gflops(bursts + BENCH_BURSTS), copy_after = memory ? bench_copy_gbytes(COPIES) : 0;
  m.best = !memory ? peak : copy_before > copy_after ? copy_before : copy_after;
  m.disturbed = were_disturbed(bursts, peak);
  print(&m);
}

/* ---- against a peer --------------------------------------------------------------------------------------------- */

/* Median of the calls of a block but the first two, in which caches and predictors still belong to the other side. */
static double block_seconds(bench_body body, void *context, int calls) {
  enum { MOST = 1000, FIRST = 2 };
  double samples[MOST];
  calls = calls > MOST ? MOST : calls;
  for (int i = -FIRST; i < calls; i++) {
    double start = bench_now();
    body(context);
    if (i >= 0)
      samples[i] = bench_now() - start;
  }
  qsort(samples, (size_t)calls, sizeof samples[0], ascending);
  return samples[calls / 2];
}

/* Ends the program where the two sides do not compute the same: their times would compare nothing. */
static void compare(const measurement *m, const float *ours, const bench_peer *peer, int64_t count, double tolerance) {
  float *theirs = apus_alloc((size_t)count * sizeof(float));
  double largest = 0, difference = 0;
  if (!theirs) {
    fprintf(stderr, "apus-bench: out of memory\n");
    exit(2);
  }
  peer->read(peer->context, theirs);
  for (int64_t i = 0; i < count; i++) {
    double d = fabs((double)ours[i] - (double)theirs[i]);
    largest = fabs((double)theirs[i]) > largest ? fabs((double)theirs[i]) : largest;
    difference = d <= difference ? difference : d; /* a NaN stays */
  }
  apus_free(theirs);
  if (!(difference <= tolerance * largest)) {
    fprintf(stderr, "apus-bench: %s %s %s: differs from the peer's %s by %g, where values reach %g\n", m->shape->operation,
            m->shape->name, m->pass, peer->implementation, difference, largest);
    exit(1);
  }
}

void bench_time_against(const bench_shape *shape, const char *pass, const char *implementation, bench_work work, bench_body body,
                        void *context, const float *result, int64_t count, double tolerance, const bench_peer *peers,
                        int peer_count) {
  enum { ROUNDS = 7, LEAST_CALLS = 8 };
  if (peer_count == 0) {
    bench_time(shape, pass, implementation, work, body, context);
    return;
  }
  measurement m = {.shape = shape, .pass = pass, .implementation = implementation, .work = work, .disturbed = 1};
  const int memory = work.operations == 0;
  const bench_peer *peer = peers;
  double quickest = INFINITY, peak = 0;
  body(context);
  for (int i = 0; i < peer_count; i++) {
    peers[i].run(peers[i].context);
    compare(&m, result, &peers[i], count, tolerance);
    double seconds = bench_median_seconds(peers[i].run, peers[i].context, bench_chosen.seconds / ROUNDS);
    if (seconds < quickest) {
      quickest = seconds;
      peer = &peers[i];
    }
  }
  const double copy_before = memory ? bench_copy_gbytes(COPIES) : 0;
  double ours[ROUNDS], theirs[ROUNDS], ratios[ROUNDS];
  int calls = (int)(bench_chosen.seconds / ROUNDS / 2 / quickest), kept = 0;
  calls = calls < LEAST_CALLS ? LEAST_CALLS : calls;
  /* Disturbed rounds are dropped; where most are, what was measured is given and marked. */
  for (int round = 0; round < 2 * ROUNDS && kept < ROUNDS; round++) {
    double bursts[2 * BENCH_BURSTS];
    bench_peak_gflops(bursts);
    theirs[kept] = block_seconds(peer->run, peer->context, calls);
    ours[kept] = block_seconds(body, context, calls);
    peak = bench_peak_gflops(bursts + BENCH_BURSTS);
    ratios[kept] = theirs[kept] / ours[kept];
    kept += !were_disturbed(bursts, peak);
  }
  m.disturbed = kept < ROUNDS / 2;
  kept = kept ? kept : 1;
  const double copy_after = memory ? bench_copy_gbytes(COPIES) : 0;
  qsort(ours, (size_t)kept, sizeof ours[0], ascending);
  qsort(theirs, (size_t)kept, sizeof theirs[0], ascending);
  qsort(ratios, (size_t)kept, sizeof ratios[0], ascending);
  m.seconds = ours[kept / 2];
  m.peer = peer->implementation;
  m.peer_seconds = theirs[kept / 2];
  m.ratio = ratios[kept / 2];
  m.best = !memory ? peak : copy_before > copy_after ? copy_before : copy_after;
  print(&m);
}
