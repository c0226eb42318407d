#ifndef APUS_BENCH_PEER_H
#define APUS_BENCH_PEER_H

/* oneDNN on the same data in the same process (--peer onednn). Its tensors are in whatever layouts it prefers and are converted
 * outside the timing; weights of ours are packed in every call. */

#include "bench.h"

/* One of the ways in which the peer does a call. */
typedef struct bench_peer {
  char implementation[64];
  bench_body run;
  void *context;
  void (*read)(void *context, float *result); /* what the last run gave, in our layout */
} bench_peer;

enum { BENCH_MOST_PEERS = 4 };

/* 0 where this build was made without oneDNN. */
int bench_peer_available(void);

/* The ways that the peer has, into peers; their number. */
int bench_peer_conv2d(const apus_conv2d_plan *plan, const float *x, const float *w, const float *dy,
                      bench_peer peers[BENCH_MOST_PEERS]);
int bench_peer_gemm(const apus_gemm *shape, const float *a, const float *b, bench_peer peers[BENCH_MOST_PEERS]);
/* Forward of x, or backward of dy. */
int bench_peer_pool2d(const apus_pool2d_plan *plan, int is_max, int is_backward, const float *x, const float *dy,
                      bench_peer peers[BENCH_MOST_PEERS]);
/* With ReLU; gamma and beta of 1 and 0. */
int bench_peer_batch_norm(int64_t rows, int64_t channels, float epsilon, int is_backward, const float *x, const float *dy,
                          bench_peer peers[BENCH_MOST_PEERS]);
void bench_peer_free_all(void);

/* bench_time against the quickest of the peers, in alternating blocks, and the ratio of the two times. `result` is what body
 * writes, `count` floats that are compared first; `tolerance` is relative to their largest magnitude. */
void bench_time_against(const bench_shape *shape, const char *pass, const char *implementation, bench_work work, bench_body body,
                        void *context, const float *result, int64_t count, double tolerance, const bench_peer *peers,
                        int peer_count);

#endif
