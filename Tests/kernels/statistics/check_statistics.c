/* Moments against their reference in double, histograms against the definition. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "check.h"

enum { MOST_CHANNELS = 300, WORDS = (int)(sizeof(apus_moments) / sizeof(float)) };

typedef struct moments_run {
  int64_t rows, channels;
  const float *x;
  float low, high;
  float *out;
  void *scratch;
} moments_run;

static void run_moments(void *context) {
  moments_run *r = context;
  apus_moments moments[MOST_CHANNELS];
  apus_moments_f32(r->rows, r->channels, r->x, r->low, r->high, moments, r->scratch);
  memcpy(r->out, moments, (size_t)r->channels * sizeof *moments);
}

/* `size` moves and scales the numbers; some are 0, infinite or no number. */
static void check_moments(const char *name, int64_t rows, int64_t channels, double size, double shift) {
  if (!check_case(name, "[%lld, %lld], %g around %g", (long long)rows, (long long)channels, size, shift))
    return;
  const int64_t count = rows * channels;
  float *x = check_input(count);
  check_fill(x, count);
  double *wide = check_doubles(count);
  for (int64_t i = 0; i < count; i++) {
    x[i] = (float)(size * (double)x[i] + shift);
    if (check_random_int(0, 15) == 0)
      x[i] = 0;
    if (channels != 5 && check_random_int(0, 63) == 0)
      x[i] = (float[]){NAN, INFINITY, -INFINITY}[check_random_int(0, 2)];
    wide[i] = x[i];
  }
  apus_moments want[MOST_CHANNELS], got[MOST_CHANNELS];
  moments_run r = {rows, channels, x, (float)(shift - size / 2), (float)(shift + size / 2), check_output(channels * WORDS, NULL),
                   NULL};
  r.scratch = check_scratch(apus_moments_scratch(rows, channels));
  apus_moments_reference_f64(rows, channels, wide, r.low, r.high, want);
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++) {
    if (!check_select(isa))
      continue;
    check_run("moments", run_moments, &r);
    memcpy(got, r.out, (size_t)channels * sizeof *got);
    for (int64_t c = 0; c < channels; c++) {
      const apus_moments *a = &got[c], *b = &want[c];
      check_that(a->count == b->count && a->finite == b->finite && a->zeros == b->zeros && a->ends == b->ends,
                 "channel %lld has %lld finite, %lld zeros, %lld at the ends; want %lld, %lld, %lld", (long long)c,
                 (long long)a->finite, (long long)a->zeros, (long long)a->ends, (long long)b->finite, (long long)b->zeros,
                 (long long)b->ends);
      check_that(a->least == b->least && a->largest == b->largest, "channel %lld is in [%g, %g], want [%g, %g]", (long long)c,
                 (double)a->least, (double)a->largest, (double)b->least, (double)b->largest);
      const double deviation = sqrt(b->variance), most = fmax(fabs(b->mean), deviation);
      check_that(fabs(a->mean - b->mean) <= 1e-13 * most, "mean of channel %lld is %.17g, want %.17g", (long long)c, a->mean,
                 b->mean);
      /* A first element far from the mean costs digits: its distance squared is what is taken away. */
      const double first = rows > 0 && isfinite(x[c]) ? (double)x[c] - b->mean : b->mean;
      check_that(fabs(a->variance - b->variance) <= 1e-13 * (b->variance + first * first),
                 "variance of channel %lld is %.17g, want %.17g", (long long)c, a->variance, b->variance);
    }
  }
}

typedef struct histogram_run {
  int64_t count, step, bins;
  const float *x;
  float least, largest;
  float *out;
} histogram_run;

static void run_histogram(void *context) {
  histogram_run *r = context;
  int64_t counts[64];
  apus_histogram_f32(r->count, r->step, r->x, r->least, r->largest, r->bins, counts);
  for (int64_t b = 0; b < r->bins; b++)
    r->out[b] = (float)counts[b];
}

static void check_histogram(const char *name, int64_t count, int64_t step, int64_t bins, float least, float largest) {
  if (!check_case(name, "%lld by %lld, %lld bins from %g to %g", (long long)count, (long long)step, (long long)bins,
                  (double)least, (double)largest))
    return;
  float *x = check_input(count);
  check_fill(x, count);
  for (int64_t i = 0; i < count && i < 12; i += 3) /* the ends, which belong to the first and the last bin, and no numbers */
    x[i] = (float[]){least, largest, NAN, INFINITY}[i / 3];
  double *want = check_doubles(bins);
  for (int64_t i = 0; i < count; i += step)
    for (int64_t b = 0; b < bins; b++) {
      const double place = ((double)x[i] - (double)least) * ((double)bins / ((double)largest - (double)least));
      want[b] += least < largest
                     ? (b + 1 < bins ? place >= (double)b && place < (double)(b + 1) : place >= (double)b && x[i] <= largest)
                     : b == 0 && x[i] == least;
    }
  histogram_run r = {count, step, bins, x, least, largest, check_output(bins, NULL)};
  check_run("histogram", run_histogram, &r);
  check_exact("counts", r.out, want, bins);
}

void check_statistics_family(void) {
  check_moments("one number", 1, 1, 1, 0);
  check_moments("whole", 5000, 1, 1, 0);
  check_moments("whole, in chunks", 300001, 1, 1, 0);
  check_moments("three channels", 1000, 3, 1, 0);
  check_moments("five channels, all finite", 999, 5, 1, 0);
  check_moments("folded, with rows left", 1021, 16, 1, 0);
  check_moments("a strip", 40, 64, 1, 0);
  check_moments("a strip and one", 333, 65, 1, 0);
  check_moments("strips, in chunks", 4000, 300, 1, 0);
  check_moments("squares beyond float", 700, 20, 1e30, 0);
  check_moments("far from 0", 700, 20, 0.02, 1e4);
  check_moments("subnormal", 700, 20, 1e-40, 0);
  check_moments("no rows", 0, 4, 1, 0);
  check_histogram("all", 1000, 1, 10, -1, 1);
  check_histogram("a sample", 1000, 7, 64, -0.75f, 0.5f);
  check_histogram("one bin", 100, 1, 1, -1, 1);
  check_histogram("no width", 100, 1, 4, 0.5f, 0.5f);
  check_histogram("the widest", 100, 1, 4, -FLT_MAX, FLT_MAX);
  check_histogram("nothing", 0, 1, 4, 0, 1);
}
