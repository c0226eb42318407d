/* bench_peer.h where there is no oneDNN. */
#include "bench_peer.h"

int bench_peer_available(void) { return 0; }
int bench_peer_conv2d(const apus_conv2d_plan *plan, const float *x, const float *w, const float *dy,
                      bench_peer peers[BENCH_MOST_PEERS]) {
  (void)plan, (void)x, (void)w, (void)dy, (void)peers;
  return 0;
}
int bench_peer_gemm(const apus_gemm *shape, const float *a, const float *b, bench_peer peers[BENCH_MOST_PEERS]) {
  (void)shape, (void)a, (void)b, (void)peers;
  return 0;
}
int bench_peer_pool2d(const apus_pool2d_plan *plan, int is_max, int is_backward, const float *x, const float *dy,
                      bench_peer peers[BENCH_MOST_PEERS]) {
  (void)plan, (void)is_max, (void)is_backward, (void)x, (void)dy, (void)peers;
  return 0;
}
int bench_peer_batch_norm(int64_t rows, int64_t channels, float epsilon, int is_backward, const float *x, const float *dy,
                          bench_peer peers[BENCH_MOST_PEERS]) {
  (void)rows, (void)channels, (void)epsilon, (void)is_backward, (void)x, (void)dy, (void)peers;
  return 0;
}
void bench_peer_free_all(void) {}
