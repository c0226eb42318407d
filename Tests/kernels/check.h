#ifndef APUS_CHECK_H
#define APUS_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "apus/apus.h"
#include "apus/reference.h"
#include "check_families.h"

/* The check harness. A family is one function that walks over its cases; a case is one shape on one set of inputs:
 *
 *   check_case("stride over kernel", "batch %d …", …)          named, with its shape in words; frees the case before
 *   float *x = check_input(count);  check_fill(x, count)        between guards
 *   float *y = check_output(count, NULL)                        poisoned with NaN, between guards
 *   double *want = …; the f64 reference on widened inputs
 *   for each tier: if (check_select(isa)) { check_run("direct", body, context); check_close("y", …); }
 *
 * check_run runs the body at several thread counts and fails on an input that was written to, a guard that was touched,
 * bits that depend on the thread count or differ when repeated, memory allocated while running. The comparisons fail on NaN
 * where none is wanted. */

/* ---- families -------------------------------------------------------------------------------------------------- */

typedef struct check_family {
  const char *name;
  void (*run)(void);
} check_family;

typedef struct check_options {
  uint64_t seed;
  const char *family; /* names with commas between; NULL: all */
  const char *shapes; /* path of the table of shapes */
  const char *name;   /* cases whose name contains this; NULL: all */
  int isa;            /* −1: every tier of this CPU */
  int threads;        /* 0: 1, 2, 3, 4 and 7; N: 1 and N */
  int once;           /* each number of threads runs once: no repetition, and allocations are not counted */
  int64_t cases;      /* random cases a family */
  int verbose;        /* prints each case */
  int stop;           /* ends at the first failure */
} check_options;

extern check_options check_chosen;

/* Runs those of the families that are chosen, prints the failures and the last line; the exit status. */
int check_all(const check_family *families, int count);

/* ---- cases ----------------------------------------------------------------------------------------------------- */

/* The i-th line of an operation in the table of shapes, by which its family begins a case; NULL behind the last. A table without
 * any line of the operation is a failure. */
const struct bench_shape *check_line(const char *operation, int i); /* bench/calls/shapes.h */
/* Starts a case and seeds the generator from (seed, family, name), so that one case can be repeated alone. 0: not chosen,
 * skip it. The text describes the shape. */
int check_case(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Selects the tier; 0 where this CPU has none or another was chosen. */
int check_select(int isa);

/* ---- random inputs --------------------------------------------------------------------------------------------- */

uint64_t check_random(void);
/* In first … last. */
int64_t check_random_int(int64_t first, int64_t last);
/* In [−1, 1). */
double check_random_real(void);
void check_fill(float *x, int64_t count);
/* Whole numbers in −limit … limit: their products and sums are exact in float. */
void check_fill_integers(float *x, int64_t count, int limit);
void check_fill_doubles(double *x, int64_t count);

/* ---- memory of a case ------------------------------------------------------------------------------------------ */

/* Between guards, not aligned to more than the element; filled with NaN (floats) or 0xA5; must not change during check_run
 * from what it holds then. */
float *check_input(int64_t count);
uint8_t *check_input_bytes(int64_t count);
int32_t *check_input_ints(int64_t count);
/* Before each run: a copy of `initial`, or poison where that is NULL. */
float *check_output(int64_t count, const float *initial);
uint8_t *check_output_bytes(int64_t count);
int32_t *check_output_ints(int64_t count);
void *check_output_raw(int element_bytes, int64_t count, const void *initial);
/* 64-byte aligned, of exactly this size; poison before each run. */
void *check_scratch(size_t bytes);
/* Copies and plain memory for the references. */
float *check_copy(const float *x, int64_t count);
double *check_doubles(int64_t count);
double *check_widen(const float *x, int64_t count);
double *check_magnitude(const float *x, int64_t count); /* |x| */
/* Frees what was made since the mark; the rest goes with the case. */
int check_mark(void);
void check_release(int mark);

/* ---- runs and verdicts ----------------------------------------------------------------------------------------- */

typedef void (*check_body)(void *context);
/* The thread counts that check_run tries, in this order, and the place of the one that is running: plans are made for each,
 * since nothing in them may change the bits. References are serial: on their tier it is one thread alone. */
enum { CHECK_MOST_COUNTS = 5 };
int check_thread_counts(int counts[CHECK_MOST_COUNTS]);
int check_running(void);
/* 1 where the run passed. `version` names the implementation in a failure's text. */
int check_run(const char *version, check_body body, void *context);

/* |got − want| <= (4 + sqrt(terms))·eps·magnitude: magnitude is the sum of the absolute values of the terms. */
void check_close(const char *what, const float *got, const double *want, const double *magnitude, int64_t count, double terms);
/* The same value (NaN matches NaN, whatever its bits). */
void check_exact(const char *what, const float *got, const double *want, int64_t count);
/* |got − want| in units of the last place of want as a float. */
void check_ulps(const char *what, const float *got, const double *want, int64_t count, double ulps);
/* |got − want| in units of the last place of the largest want of its group; group[i]: that of element i, below `groups`. What
 * double arithmetic itself leaves of the group's largest terms counts as 0. terms may be NULL. */
void check_group_ulps(const char *what, const float *got, const double *want, const double *terms, const int64_t *group,
                      int64_t count, int64_t groups, double ulps);
void check_same_bits(const char *what, const void *got, const void *want, int element_bytes, int64_t count);
/* Any other statement. */
void check_that(int holds, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A planning error: the status, and a text that is one line and names the fault. */
void check_error(const char *what, apus_status got, apus_status want, const apus_error *error);

/* gradient[i] of loss with respect to value[i], against (loss(value + h) − loss(value − h)) / 2h with h = 1e-5. */
void check_gradient(const char *what, double (*loss)(void *context), void *context, double *value, const double *gradient,
                    int64_t count);

#endif
