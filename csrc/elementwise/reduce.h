#ifndef APUS_ELEMENTWISE_REDUCE_H
#define APUS_ELEMENTWISE_REDUCE_H

#include <math.h>

#include "apus/elementwise.h"

/* What the reduction of nothing is. */
static inline float reduce_start(apus_reduction operation) {
  return operation == APUS_SUM ? 0 : operation == APUS_MAX ? -INFINITY : INFINITY;
}

/* NaN propagates. */
static inline float reduce_pair(apus_reduction operation, float a, float b) {
  switch (operation) {
  case APUS_SUM:
    return a + b;
  case APUS_MAX:
    return b > a || isnan(b) ? b : a;
  case APUS_MIN:
    return b < a || isnan(b) ? b : a;
  }
  return a;
}

#endif
