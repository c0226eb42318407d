/* Conversion of scalar types, through double: it holds every value of the four types exactly, so that one rounding is left. */

#include <math.h>
#include <string.h>

#include "apus/elementwise.h"
#include "apus/runtime.h"

enum { BLOCK = 512, GRAIN = 16384 };

static const int64_t bytes[] = {[APUS_F32] = 4, [APUS_F64] = 8, [APUS_I32] = 4, [APUS_U8] = 1};

static void widen(apus_scalar from, int64_t first, int64_t count, const void *x, double *values) {
  switch (from) {
  case APUS_F32:
    for (int64_t i = 0; i < count; i++)
      values[i] = ((const float *)x)[first + i];
    break;
  case APUS_F64:
    memcpy(values, (const double *)x + first, (size_t)count * sizeof *values);
    break;
  case APUS_I32:
    for (int64_t i = 0; i < count; i++)
      values[i] = ((const int32_t *)x)[first + i];
    break;
  case APUS_U8:
    for (int64_t i = 0; i < count; i++)
      values[i] = ((const uint8_t *)x)[first + i];
    break;
  }
}

static double saturated(double value, double low, double high) {
  return isnan(value) ? 0 : value < low ? low : value > high ? high : value;
}

static void narrow(apus_scalar to, int64_t first, int64_t count, const double *values, void *y) {
  switch (to) {
  case APUS_F32:
    for (int64_t i = 0; i < count; i++)
      ((float *)y)[first + i] = (float)values[i];
    break;
  case APUS_F64:
    memcpy((double *)y + first, values, (size_t)count * sizeof *values);
    break;
  case APUS_I32:
    for (int64_t i = 0; i < count; i++)
      ((int32_t *)y)[first + i] = (int32_t)saturated(values[i], INT32_MIN, INT32_MAX);
    break;
  case APUS_U8:
    for (int64_t i = 0; i < count; i++)
      ((uint8_t *)y)[first + i] = (uint8_t)saturated(values[i], 0, UINT8_MAX);
    break;
  }
}

typedef struct job {
  apus_scalar from, to;
  const void *x;
  void *y;
} job;

static void convert_range(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  double values[BLOCK];
  for (int64_t i = begin; i < end; i += BLOCK) {
    int64_t n = end - i < BLOCK ? end - i : BLOCK;
    widen(j->from, i, n, j->x, values);
    narrow(j->to, i, n, values, j->y);
  }
}

void apus_convert(apus_scalar from, apus_scalar to, int64_t count, const void *x, void *y) {
  if (from == to) {
    memcpy(y, x, (size_t)(count * bytes[from]));
    return;
  }
  job j = {from, to, x, y};
  apus_parallel_for(count, GRAIN, convert_range, &j);
}
