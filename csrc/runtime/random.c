#include "apus/random.h"

#include <math.h>

void apus_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
  uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3], k0 = key[0], k1 = key[1];
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
    uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c1 = (uint32_t)p1;
    c3 = (uint32_t)p0;
    c0 = n0;
    c2 = n2;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

static void block(uint64_t seed, uint64_t stream, uint64_t index, uint32_t out[4]) {
  const uint32_t counter[4] = {(uint32_t)index, (uint32_t)(index >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)};
  const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
  apus_philox4x32(counter, key, out);
}

void apus_random_bits(uint64_t seed, uint64_t stream, uint64_t first, int64_t count, uint32_t *out) {
  uint32_t words[4];
  for (int64_t i = 0; i < count; i++) {
    uint64_t position = first + (uint64_t)i;
    if (i == 0 || position % 4 == 0)
      block(seed, stream, position / 4, words);
    out[i] = words[position % 4];
  }
}

static float unit(uint32_t word) { return (float)(word >> 8) * 0x1p-24f; }

void apus_random_uniform(uint64_t seed, uint64_t stream, uint64_t first, int64_t count, float *out) {
  uint32_t words[4];
  for (int64_t i = 0; i < count; i++) {
    uint64_t position = first + (uint64_t)i;
    if (i == 0 || position % 4 == 0)
      block(seed, stream, position / 4, words);
    out[i] = unit(words[position % 4]);
  }
}

void apus_random_normal(uint64_t seed, uint64_t stream, uint64_t first, int64_t count, float *out) {
  uint32_t words[4];
  for (int64_t i = 0; i < count; i++) {
    uint64_t position = first + (uint64_t)i;
    if (i == 0 || position % 4 == 0)
      block(seed, stream, position / 4, words);
    unsigned pair = position % 4 & 2;
    double radius = sqrt(-2 * log(((double)words[pair] + 1) * 0x1p-32)); /* (0, 1]: the logarithm is finite */
    double angle = 6.283185307179586 * ((double)words[pair + 1] * 0x1p-32);
    out[i] = (float)(radius * (position % 2 == 0 ? cos(angle) : sin(angle)));
  }
}
