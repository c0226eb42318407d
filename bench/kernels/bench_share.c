#include "bench_share.h"

#include <stdlib.h>

enum { MOST_BURSTS = 64 };

#define LEAST_BURST 0.9 /* of the peak, in the median of the bursts around the calls: 0.97 to 0.98 on a quiet machine */
#define MOST_COPY 1.25  /* the better of the two rates of copying by the other: memory has fast and slow minutes */
#define MOST_CALL 1.5   /* the median call by the fastest one */
/* Per second: below 10 on a quiet machine, hundreds where as many programs as processors compute. Bursts are short enough to fit
 * between two of them, so that they alone would not tell. */
#define MOST_PREEMPTED 50
#define LEAST_PRESENT 0.9
#define MOST_SHARE 1.05 /* of what the processor can do: beyond it the peak was measured in worse moments than the calls */

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(const double *values, int count) {
  double sorted[MOST_BURSTS];
  for (int i = 0; i < count; i++)
    sorted[i] = values[i];
  qsort(sorted, (size_t)count, sizeof sorted[0], ascending);
  return sorted[count / 2];
}

const char *bench_share_withheld(const bench_evidence *e) {
  const int count = e->burst_count < MOST_BURSTS ? e->burst_count : MOST_BURSTS;
  const double more = e->copies[0] > e->copies[1] ? e->copies[0] : e->copies[1],
               less = e->copies[0] > e->copies[1] ? e->copies[1] : e->copies[0];
  /* Each is stated so that a NaN withholds. */
  if (!(count > 0 && e->peak > 0 && median(e->bursts, count) >= LEAST_BURST * e->peak))
    return "the probe ran below the peak around it";
  if (!(more <= MOST_COPY * less))
    return "memory's rate changed";
  if (!(e->median <= MOST_CALL * e->fastest))
    return "its calls differ";
  if (!(e->preempted <= MOST_PREEMPTED && e->present >= LEAST_PRESENT))
    return "other programs ran";
  if (!(e->share <= MOST_SHARE * e->most))
    return "more than the processor can do";
  return NULL;
}
