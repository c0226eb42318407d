#ifndef APUS_REFERENCE_STATISTICS_H
#define APUS_REFERENCE_STATISTICS_H

#include "apus/statistics.h"

/* The references of apus/statistics.h. */

#ifdef __cplusplus
extern "C" {
#endif

void apus_moments_reference_f32(int64_t rows, int64_t channels, const float *x, float low, float high, apus_moments *moments);
void apus_moments_reference_f64(int64_t rows, int64_t channels, const double *x, float low, float high, apus_moments *moments);

#ifdef __cplusplus
}
#endif
#endif
