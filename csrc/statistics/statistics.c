/* Drivers: share out the columns and rows, and merge what the kernels have summed. */

#include "apus/reference/statistics.h"

#include <math.h>
#include <string.h>

#include "apus/runtime.h"
#include "runtime/columns.h"
#include "runtime/integers.h"
#include "statistics/kernels.h"

static const apus_statistics_kernels *const tiers[APUS_ISA_COUNT] = {
    [APUS_ISA_GENERIC] = &apus_statistics_generic,
#if defined(__x86_64__)
    [APUS_ISA_AVX2] = &apus_statistics_avx2,
    [APUS_ISA_AVX512] = &apus_statistics_avx512,
#elif defined(__aarch64__)
    [APUS_ISA_NEON] = &apus_statistics_neon,
#endif
};

/* Elements that are worth a thread. */
enum { GRAIN = 16384 };

/* x as rows of `width` numbers: `fold` of its own, and the last ones, which are fewer, apart. */
typedef struct job {
  const apus_statistics_kernels *kernels;
  int64_t channels, fold, width, rows, strips, chunks;
  const float *x;
  float low, high;
  float *pivot;
  apus_moment_sums *sums; /* [chunks + 1, strips]; the last are of the rows that are left over */
} job;

static job job_of(int64_t rows, int64_t channels) {
  job j = {.channels = channels, .fold = columns_fold(channels)};
  j.width = channels * j.fold;
  j.rows = rows / j.fold;
  j.strips = apus_ceil_div(j.width, MOMENTS_STRIP);
  j.chunks = columns_chunks(j.rows, j.width, j.strips * (int64_t)sizeof(apus_moment_sums));
  return j;
}

static int64_t pivot_bytes(const job *j) { return apus_ceil_div(j->width * (int64_t)sizeof(float), 64) * 64; }

size_t apus_moments_scratch(int64_t rows, int64_t channels) {
  if (rows < 1 || channels < 1)
    return 0;
  const job j = job_of(rows, channels);
  return (size_t)(pivot_bytes(&j) + (j.chunks + 1) * j.strips * (int64_t)sizeof(apus_moment_sums));
}

/* `columns` numbers of each of so many rows, from row `first` on. */
static void sum_rows(const job *j, int64_t first, int64_t rows, int64_t columns, apus_moment_sums *to) {
  for (int64_t s = 0; s < j->strips; s++) {
    const int64_t c = s * MOMENTS_STRIP, n = apus_max(0, apus_min(MOMENTS_STRIP, columns - c));
    j->kernels->moments(rows, n, j->width, j->x + first * j->width + c, j->pivot + c, j->low, j->high, &to[s]);
  }
}

static void sum_chunks(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  for (int64_t chunk = begin; chunk < end; chunk++) {
    const int64_t first = columns_chunk_begin(j->rows, j->chunks, chunk),
                  last = columns_chunk_begin(j->rows, j->chunks, chunk + 1);
    sum_rows(j, first, last - first, j->width, j->sums + chunk * j->strips);
  }
}

/* Adds column `at` of a chunk; the mean and the variance are sums still. */
static void add(const apus_moment_sums *sums, int64_t at, apus_moments *m) {
  const apus_moment_sums *s = &sums[at / MOMENTS_STRIP];
  const int64_t c = at % MOMENTS_STRIP;
  if (s->finite[c] > 0) {
    m->least = m->finite == 0 || s->least[c] < m->least ? s->least[c] : m->least;
    m->largest = m->finite == 0 || s->largest[c] > m->largest ? s->largest[c] : m->largest;
  }
  m->mean += s->sum[c];
  m->variance += s->squares[c];
  m->finite += s->finite[c];
  m->zeros += s->zeros[c];
  m->ends += s->ends[c];
}

void apus_moments_f32(int64_t rows, int64_t channels, const float *x, float low, float high, apus_moments *moments,
                      void *scratch) {
  const apus_statistics_kernels *kernels = tiers[apus_isa_current()];
  if (!kernels || rows < 1 || channels < 1) {
    apus_moments_reference_f32(rows, channels, x, low, high, moments);
    return;
  }
  job j = job_of(rows, channels);
  j.kernels = kernels;
  j.x = x, j.low = low, j.high = high;
  j.pivot = scratch;
  j.sums = (apus_moment_sums *)((char *)scratch + pivot_bytes(&j));
  for (int64_t c = 0; c < j.width; c++)
    j.pivot[c] = isfinite(x[c % channels]) ? x[c % channels] : 0;
  apus_parallel_for(j.chunks, apus_ceil_div(GRAIN * j.chunks, rows * channels + 1), sum_chunks, &j);
  const int64_t left = (rows - j.rows * j.fold) * channels;
  apus_moment_sums *rest = j.sums + j.chunks * j.strips;
  sum_rows(&j, j.rows, 1, left, rest);
  for (int64_t c = 0; c < channels; c++) {
    apus_moments m = {.count = rows};
    for (int64_t chunk = 0; chunk < j.chunks; chunk++)
      for (int64_t f = 0; f < j.fold; f++)
        add(j.sums + chunk * j.strips, f * channels + c, &m);
    for (int64_t at = c; at < left; at += channels)
      add(rest, at, &m);
    if (m.finite > 0) {
      const double distance = m.mean / (double)m.finite, variance = m.variance / (double)m.finite - distance * distance;
      m.mean = (double)j.pivot[c] + distance;
      m.variance = variance > 0 ? variance : 0;
    }
    moments[c] = m;
  }
}

void apus_histogram_f32(int64_t count, int64_t step, const float *x, float least, float largest, int64_t bins, int64_t *counts) {
  memset(counts, 0, (size_t)bins * sizeof *counts);
  const double width = (double)largest - (double)least, scale = width > 0 ? (double)bins / width : 0;
  for (int64_t i = 0; i < count; i += step) {
    if (!(x[i] >= least && x[i] <= largest))
      continue;
    const int64_t bin = (int64_t)(((double)x[i] - (double)least) * scale);
    counts[apus_min(bin, bins - 1)]++;
  }
}
