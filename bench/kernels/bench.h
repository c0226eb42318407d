#ifndef APUS_BENCH_H
#define APUS_BENCH_H

#include <stddef.h>
#include <stdint.h>

#include "calls.h"

/* The kernels' times over the shapes of shapes.txt: median, arithmetic rate or bandwidth, and the implementation chosen.
 * `apus-bench` and `apus-check --bench` are this. */

/* The whole program: reads its options, prints, gives the exit status. */
int bench_main(int argc, char **argv);

/* ---- for the families ------------------------------------------------------------------------------------------- */

typedef struct bench_options {
  const char *shapes;    /* path of the table */
  const char *operation; /* only this; NULL: all */
  const char *name;      /* only names that contain this; NULL: all */
  double seconds;        /* for each measurement */
  int cold;              /* the caches are emptied before each call: operands come from memory, as in a training step */
  int every;             /* every implementation that does not decline, not only the plan's choice */
  int scaling;           /* on 1, 2, … threads up to all */
  apus_precision precision;
  int im2col;       /* convolutions: im2col beside the plan's choice */
  int peer;         /* oneDNN beside ours where it has the operation */
  const char *tune; /* convolutions: every implementation is timed, and the quickest noted in this file */
  int json;         /* a JSON object a line */
} bench_options;

extern bench_options bench_chosen;

/* What one call does. Operations are those of the definition, by which implementations are compared; `performed` are those
 * that are held against the peak. Bytes are those that must move at least. No operations: memory is the limit. */
typedef struct bench_work {
  double operations, performed, bytes;
  const char *counted; /* what `performed` counts, if not just what the definition asks for: a constant text, else NULL */
  double most;         /* of float32's peak that the processor can reach with such operations; 0: 1 */
} bench_work;

/* A product of pairs of bfloat16 does two multiply-adds where one of float32 does one. */
#define BENCH_COUNTED_BF16 "float32's"
#define BENCH_MOST_BF16 2

/* Of a convolution. Padding is not multiplied; Winograd performs the products of its planes and, not counted, its transforms. */
bench_work bench_conv2d_work(const apus_conv2d_plan *plan, double bytes);
/* Of a matrix product of so many multiply-adds. */
bench_work bench_gemm_work(const apus_gemm_plan *plan, double bytes);

/* Seconds from some start. */
double bench_now(void);

typedef void (*bench_body)(void *context);
/* Median seconds of a call, over `seconds` but at least 5 calls, after one that warms up. */
double bench_median_seconds(bench_body body, void *context, double seconds);
/* Times body(context) and prints its line. */
void bench_time(const bench_shape *shape, const char *pass, const char *implementation, bench_work work, bench_body body,
                void *context);

/* Notes a choice; writes all in one step into the file, whose other entries stay. 0 where that fails. */
void bench_tune_add(const char *key, const char *implementation);
int bench_tune_write(const char *path);

/* Memory that bench_free_all gives back, filled with numbers in [−1, 1). */
float *bench_floats(int64_t count);
void *bench_bytes(size_t bytes);
void bench_free_all(void);

void bench_conv2d(const bench_shape *shape);
void bench_gemm(const bench_shape *shape);
void bench_pool2d(const bench_shape *shape);
void bench_batch_norm(const bench_shape *shape);
void bench_group_norm(const bench_shape *shape);
void bench_local_response_norm(const bench_shape *shape);
void bench_activation(const bench_shape *shape);
void bench_nonlinearities(const bench_shape *shape); /* the rest of activation */
void bench_loss(const bench_shape *shape);
void bench_optimizer(const bench_shape *shape);
void bench_gradient(const bench_shape *shape);
void bench_elementwise(const bench_shape *shape);
void bench_resample(const bench_shape *shape);
void bench_image_resize(const bench_shape *shape);

#endif
