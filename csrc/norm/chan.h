#ifndef APUS_NORM_CHAN_H
#define APUS_NORM_CHAN_H

#include <stdint.h>

/* Merges the statistics of b into those of a, channel by channel (Chan, Golub & LeVeque 1979); a count may be 0:
 *   delta = mean_b − mean_a;  mean = mean_a + delta·n_b/n;  M2 = M2_a + M2_b + delta²·n_a·n_b/n */
static inline void chan_merge(int64_t channels, int64_t count_a, float *mean_a, float *m2_a, int64_t count_b, const float *mean_b,
                              const float *m2_b) {
  if (count_b == 0)
    return;
  float share = (float)count_b / (float)(count_a + count_b), weight = (float)count_a * share;
  for (int64_t c = 0; c < channels; c++) {
    float delta = mean_b[c] - mean_a[c];
    mean_a[c] += delta * share;
    m2_a[c] += m2_b[c] + delta * delta * weight;
  }
}

#endif
