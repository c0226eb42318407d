/* Normalization in double, for what float cannot do. Plain loops: they run where something is out of the ordinary. */

#include "norm/wide.h"

#include <math.h>

void apus_norm_wide_statistics(norm_block b, const float *x, double *mean, double *variance) {
  const double count = (double)b.rows * (double)b.width;
  double sum = 0, rest = 0, squares = 0;
  for (int64_t r = 0; r < b.rows; r++)
    for (int64_t c = 0; c < b.width; c++)
      sum += x[r * b.stride + c];
  const double center = sum / count;
  for (int64_t r = 0; r < b.rows; r++)
    for (int64_t c = 0; c < b.width; c++) {
      const double distance = x[r * b.stride + c] - center;
      rest += distance;
      squares += distance * distance;
    }
  const double m2 = squares - rest * rest / count;
  *mean = center + rest / count;
  *variance = m2 < 0 ? 0 : m2 / count; /* NaN stays */
}

void apus_norm_wide_gradient(norm_block b, const float *x, const float *gamma, double epsilon, float *dx) {
  double mean, variance, sum = 0, dot = 0;
  apus_norm_wide_statistics(b, x, &mean, &variance);
  const double count = (double)b.rows * (double)b.width, inverse = 1 / sqrt(variance + epsilon);
  for (int64_t r = 0; r < b.rows; r++)
    for (int64_t c = 0; c < b.width; c++) {
      const double g = (gamma ? (double)gamma[c] : 1) * dx[r * b.stride + c];
      sum += g;
      dot += g * ((x[r * b.stride + c] - mean) * inverse);
    }
  /* Σ (g − mean of g): what rounding left of it, as with the statistics. */
  const double average = sum / count, along = dot / count;
  for (int64_t r = 0; r < b.rows; r++)
    for (int64_t c = 0; c < b.width; c++) {
      const int64_t i = r * b.stride + c;
      const double g = (gamma ? (double)gamma[c] : 1) * dx[i];
      dx[i] = (float)(inverse * (g - average - (x[i] - mean) * inverse * along));
    }
}
