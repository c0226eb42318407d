#ifndef APUS_ACTIVATION_FUNCTIONS_H
#define APUS_ACTIVATION_FUNCTIONS_H

#include "apus/activation.h"

/* Parameters that a function is checked with, and how far a version may be from the reference with them: units in the last place,
 * times 1 + |t| where the function goes through σ(t) with a t that is rounded. */
typedef struct nonlinearity_setting {
  float parameters[2];
  double ulps;
} nonlinearity_setting;

/* What is known of a function of one element: its reference, and what its checks and its benchmark need. `p`: both parameters. */
typedef struct nonlinearity {
  /* As callers ask for it, in the lists of checks and benchmarks too. */
  const char *name;
  double (*value)(double x, const double *p);
  /* Of y, or of x where reads_input is 1. */
  double (*derivative)(double v, const double *p);
  int reads_input;
  /* The first is the one that is timed. */
  nonlinearity_setting settings[2];
  int setting_count;
  /* t, whose rounding σ(t) magnifies; NULL: there is none. */
  double (*argument)(double x, const double *p);
  /* Σ|terms| of a derivative that is a sum; NULL: it is none. */
  double (*terms)(double x, const double *p);
} nonlinearity;

extern const nonlinearity *const apus_nonlinearities[APUS_NONLINEARITY_COUNT];

#endif
