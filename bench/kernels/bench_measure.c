#define _POSIX_C_SOURCE 200112L /* clock_gettime */
#define _DARWIN_C_SOURCE        /* ru_nivcsw */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "bench_peer.h"
#include "bench_probe.h"
#include "bench_share.h"

bench_options bench_chosen = {.shapes = APUS_BENCH_SHAPES, .seconds = 0.2};

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

/* What the system gave this process so far. */
typedef struct given {
  double preemptions, running, time; /* running: seconds of the calling thread on a processor */
} given;

static given given_now(void) {
  struct rusage usage;
  struct timespec t;
  getrusage(RUSAGE_SELF, &usage);
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (given){(double)usage.ru_nivcsw, (double)t.tv_sec + 1e-9 * (double)t.tv_nsec, bench_now()};
}

/* Into the evidence; one preemption alone says nothing. */
static void given_since(given start, bench_evidence *evidence) {
  const given now = given_now();
  const double seconds = now.time - start.time, preemptions = now.preemptions - start.preemptions;
  evidence->preempted = preemptions > 1 ? preemptions / seconds : 0;
  evidence->present = (now.running - start.running) / seconds;
}

/* Calls that the clock hardly resolves are timed in groups. */
static double timed_calls(bench_body body, void *context, double seconds, double *fastest) {
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
  *fastest = samples[0];
  return samples[count / 2];
}

double bench_median_seconds(bench_body body, void *context, double seconds) {
  double fastest;
  return timed_calls(body, context, seconds, &fastest);
}

/* ---- a line ----------------------------------------------------------------------------------------------------- */

typedef struct measurement {
  const bench_shape *shape;
  const char *pass, *implementation;
  bench_work work;
  double seconds;
  double best;                /* GFLOP/s of multiply-adds where operations are counted, else GB/s of copying */
  double speedup;             /* over one thread; 0: not asked, or one of the two was disturbed */
  const char *peer;           /* its implementation; NULL: not compared */
  double peer_seconds, ratio; /* medians over rounds; ratio 0: most were disturbed */
  const char *withheld;       /* why no share can be told; NULL: it can */
} measurement;

static double share(const measurement *m) {
  return 1e-9 * (m->work.operations > 0 ? m->work.performed : m->work.bytes) / m->seconds / m->best;
}

/* Of what a share of the peak is one, if not simply of what the definition asks for, and the rate one of it. */
static const char *counted(const measurement *m) { return m->work.counted ? m->work.counted : ""; }

static void print_json(const measurement *m) {
  printf("{\"operation\": \"%s\", \"shape\": \"%s\", \"pass\": \"%s\", \"implementation\": \"%s\", \"isa\": \"%s\", "
         "\"threads\": %d, \"ms\": %.6g, \"gflops\": %.5g, \"performed_gflops\": %.5g, \"gbytes\": %.5g, ",
         m->shape->operation, m->shape->name, m->pass, m->implementation, apus_isa_name(apus_isa_current()), apus_thread_count(),
         m->seconds * 1e3, m->work.operations / m->seconds * 1e-9, m->work.performed / m->seconds * 1e-9,
         m->work.bytes / m->seconds * 1e-9);
  if (m->speedup > 0)
    printf("\"speedup\": %.4g, ", m->speedup);
  if (m->peer)
    printf("\"peer\": \"%s\", \"peer_ms\": %.6g, ", m->peer, m->peer_seconds * 1e3);
  if (m->ratio > 0)
    printf("\"ratio\": %.4g, ", m->ratio);
  const char *of = m->work.operations > 0 ? "peak" : "copy", *unit = m->work.operations > 0 ? "gflops" : "gbytes";
  if (m->work.operations > 0)
    printf("\"counted\": \"%s\", ", *counted(m) ? counted(m) : "as defined");
  if (m->withheld)
    printf("\"disturbed\": true, \"withheld\": \"%s\"}\n", m->withheld);
  else
    printf("\"disturbed\": false, \"%s_%s\": %.5g, \"percent_of_%s\": %.4g}\n", of, unit, m->best, of, 100 * share(m));
}

static void print_text(const measurement *m) {
  const int arithmetic = m->work.operations > 0;
  printf("%-14s %-18s %-18s %-10s ", m->shape->operation, m->shape->name, m->pass, m->implementation);
  if (bench_chosen.scaling && m->speedup > 0)
    printf("%3d threads %5.2fx ", apus_thread_count(), m->speedup);
  else if (bench_chosen.scaling)
    printf("%3d threads     -  ", apus_thread_count());
  printf("%10.4f ms ", m->seconds * 1e3);
  if (arithmetic)
    printf("%8.1f GFLOP/s ", m->work.operations / m->seconds * 1e-9);
  else
    printf("%8.1f GB/s    ", m->work.bytes / m->seconds * 1e-9);
  if (m->withheld)
    printf("disturbed: %s", m->withheld);
  else
    printf("%6.1f %% of %s%s%s", 100 * share(m), arithmetic ? "peak" : "copy", *counted(m) ? ", " : "", counted(m));
  if (m->peer && m->ratio > 0)
    printf("   peer %10.4f ms %6.2fx  %s", m->peer_seconds * 1e3, m->ratio, m->peer);
  else if (m->peer)
    printf("   peer %10.4f ms      -   %s", m->peer_seconds * 1e3, m->peer);
  printf("\n");
}

/* Speed-up over the same measurement on one thread, which came first and is remembered until the next shape's. */
static double speedup_of(const measurement *m) {
  enum { MOST = 64 };
  static struct {
    char pass[40], implementation[40];
    double seconds;
  } on_one[MOST];
  static int count;
  static char name[128];
  char now[128];
  snprintf(now, sizeof now, "%s %s", m->shape->operation, m->shape->name);
  if (strcmp(name, now) != 0) {
    strcpy(name, now);
    count = 0;
  }
  if (m->withheld)
    return 0;
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

enum { COPIES = 3, AROUND = 2 * BENCH_BURSTS };

/* Decides what the line may say, by evidence to which the rest is added here. */
static void judge(measurement *m, bench_evidence *e, double copy_before, double copy_after) {
  const int memory = m->work.operations == 0;
  m->best = !memory ? e->peak : copy_before > copy_after ? copy_before : copy_after;
  e->copies[0] = copy_before;
  e->copies[1] = copy_after;
  e->share = memory ? 0 : share(m);
  e->most = m->work.most > 0 ? m->work.most : 1;
  m->withheld = bench_share_withheld(e);
}

void bench_time(const bench_shape *shape, const char *pass, const char *implementation, bench_work work, bench_body body,
                void *context) {
  measurement m = {.shape = shape, .pass = pass, .implementation = implementation, .work = work};
  const int memory = work.operations == 0;
  double bursts[AROUND];
  bench_evidence e = {.bursts = bursts, .burst_count = AROUND};
  if (bench_chosen.seconds == 0) { /* a test that the shape runs: the machine is not probed for it */
    m.seconds = timed_calls(body, context, 0, &e.fastest);
    m.withheld = "no time was given to measure in";
    print(&m);
    return;
  }
  double copy_before = memory ? bench_copy_gbytes(COPIES) : 0;
  bench_peak_gflops(bursts);
  const given start = given_now();
  m.seconds = e.median = timed_calls(body, context, bench_chosen.seconds, &e.fastest);
  given_since(start, &e);
  e.peak = bench_peak_gflops(bursts + BENCH_BURSTS);
  judge(&m, &e, copy_before, memory ? bench_copy_gbytes(COPIES) : 0);
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
  measurement m = {.shape = shape, .pass = pass, .implementation = implementation, .work = work};
  const int memory = work.operations == 0;
  const bench_peer *peer = peers;
  double quickest = INFINITY;
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
  /* Disturbed rounds are dropped; if most are, what was measured is given and marked. */
  double bursts[AROUND], undisturbed[AROUND];
  bench_evidence e = {.bursts = bursts, .burst_count = AROUND, .most = 1}, quiet = e;
  for (int round = 0; round < 2 * ROUNDS && kept < ROUNDS; round++) {
    bench_peak_gflops(bursts);
    const given start = given_now();
    theirs[kept] = block_seconds(peer->run, peer->context, calls);
    ours[kept] = block_seconds(body, context, calls);
    given_since(start, &e);
    e.peak = bench_peak_gflops(bursts + BENCH_BURSTS);
    ratios[kept] = theirs[kept] / ours[kept];
    if (bench_share_withheld(&e))
      continue;
    memcpy(undisturbed, bursts, sizeof bursts);
    quiet = e;
    quiet.bursts = undisturbed;
    kept++;
  }
  const int few = kept < ROUNDS / 2;
  kept = kept ? kept : 1;
  const double copy_after = memory ? bench_copy_gbytes(COPIES) : 0;
  qsort(ours, (size_t)kept, sizeof ours[0], ascending);
  qsort(theirs, (size_t)kept, sizeof theirs[0], ascending);
  qsort(ratios, (size_t)kept, sizeof ratios[0], ascending);
  m.seconds = ours[kept / 2];
  m.peer = peer->implementation;
  m.peer_seconds = theirs[kept / 2];
  m.ratio = few ? 0 : ratios[kept / 2];
  judge(&m, few ? &e : &quiet, copy_before, copy_after);
  m.withheld = few ? "in most rounds" : m.withheld;
  print(&m);
}
