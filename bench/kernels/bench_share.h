#ifndef APUS_BENCH_SHARE_H
#define APUS_BENCH_SHARE_H

/* Whether a benchmark may say which share of the peak, or of the rate of copying, a call reached. A share is a quotient of two
 * measurements; if other work ran during either, it is a number without a meaning, so it is withheld. */

typedef struct bench_evidence {
  const double *bursts; /* rates of the probe of multiply-adds just before and just after the calls, GFLOP/s */
  int burst_count;
  double peak;            /* the best burst of the process, GFLOP/s */
  double copies[2];       /* rates of copying before and after, GB/s; 0: memory was not asked */
  double median, fastest; /* seconds per call; 0: not known */
  double preempted;       /* how often per second the system took a processor from the process meanwhile */
  double present;         /* the part of that time in which the calling thread ran; it does not sleep while it waits for others */
  double share;           /* of the peak, in operations that were performed; 0: arithmetic is not the limit */
  double most;            /* the largest share that the processor can reach: 1, or 2 for products of bfloat16 */
} bench_evidence;

/* NULL if the share can be told, else why it cannot, as a constant text. */
const char *bench_share_withheld(const bench_evidence *evidence);

#endif
