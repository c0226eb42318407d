#include "runtime/merge.h"

#include "apus/runtime.h"

#define MAX_CHUNKS 32
#define MAX_BYTES (2 << 20)

int64_t apus_merge_chunks(int64_t items, int64_t size) {
  int64_t bytes = size * (int64_t)sizeof(float);
  if (bytes > MAX_BYTES / 2 || items < 2)
    return 1;
  int64_t chunks = bytes > 0 ? MAX_BYTES / bytes : MAX_CHUNKS;
  if (chunks > MAX_CHUNKS)
    chunks = MAX_CHUNKS;
  if (chunks > items)
    chunks = items;
  int64_t power = 1;
  while (2 * power <= chunks)
    power *= 2;
  return power;
}

typedef struct merge {
  float *partials, *out;
  int64_t chunks, size;
  int accumulate;
} merge;

/* One strip of the elements, small enough that all its partials stay in the first-level cache. */
static void merge_strip(const merge *m, int64_t begin, int64_t count) {
  for (int64_t step = 1; step < m->chunks; step *= 2)
    for (int64_t chunk = 0; chunk + step < m->chunks; chunk += 2 * step) {
      float *into = m->partials + chunk * m->size + begin;
      const float *from = into + step * m->size;
      for (int64_t i = 0; i < count; i++)
        into[i] += from[i];
    }
  const float *sum = m->partials + begin;
  float *out = m->out + begin;
  if (m->accumulate)
    for (int64_t i = 0; i < count; i++)
      out[i] += sum[i];
  else
    for (int64_t i = 0; i < count; i++)
      out[i] = sum[i];
}

#define STRIP 256

static void body(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const merge *m = context;
  for (int64_t strip = begin; strip < end; strip++) {
    int64_t first = strip * STRIP;
    merge_strip(m, first, m->size - first < STRIP ? m->size - first : STRIP);
  }
}

void apus_merge_partials(float *partials, int64_t chunks, int64_t size, int accumulate, float *out) {
  merge m = {partials, out, chunks, size, accumulate};
  /* Below about 64 KB of partials a thread costs more than it does. */
  int64_t grain = 16384 / (STRIP * chunks);
  apus_parallel_for((size + STRIP - 1) / STRIP, grain, body, &m);
}
