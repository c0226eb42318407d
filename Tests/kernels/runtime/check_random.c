/* Philox against Random123's known answers, and the sequences' definition: any part is the same part of the whole. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

/* philox4x32 with 10 rounds, from kat_vectors of Random123 1.14. */
static const struct {
  uint32_t counter[4], key[2], want[4];
} known_answers[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

static void check_known_answers(void) {
  if (!check_case("philox known answers", "Random123's kat_vectors"))
    return;
  for (size_t i = 0; i < sizeof known_answers / sizeof known_answers[0]; i++) {
    uint32_t out[4];
    apus_philox4x32(known_answers[i].counter, known_answers[i].key, out);
    check_same_bits("philox4x32", out, known_answers[i].want, sizeof(uint32_t), 4);
  }
}

#define COUNT 1003
#define SEED 0x0123456789ABCDEFu
#define STREAM 0xFEDCBA9876543210u

static void check_definition(void) {
  if (!check_case("words of blocks", "seed and stream with all 64 bits, from position 2^34"))
    return;
  const uint64_t first = (uint64_t)1 << 34;
  uint32_t *bits = (uint32_t *)check_output_ints(COUNT);
  apus_random_bits(SEED, STREAM, first, COUNT, bits);
  int good = 1;
  for (uint64_t i = 0; i < COUNT; i++) {
    const uint64_t block = (first + i) / 4;
    const uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)STREAM, (uint32_t)(STREAM >> 32)};
    const uint32_t key[2] = {(uint32_t)SEED, (uint32_t)(SEED >> 32)};
    uint32_t words[4];
    apus_philox4x32(counter, key, words);
    good = good && bits[i] == words[(first + i) % 4];
  }
  check_that(good, "apus_random_bits is not the words of the blocks");

  float *uniform = check_output(COUNT, NULL), *normal = check_output(COUNT, NULL);
  apus_random_uniform(SEED, STREAM, first, COUNT, uniform);
  apus_random_normal(SEED, STREAM, first, COUNT, normal);
  int uniform_good = 1, normal_good = 1;
  for (int i = 0; i < COUNT - 1; i++) {
    uniform_good = uniform_good && uniform[i] == (float)(bits[i] >> 8) * 0x1p-24f;
    double radius = sqrt(-2 * log((bits[i / 2 * 2] + 1.0) * 0x1p-32)), angle = 2 * acos(-1) * (bits[i / 2 * 2 + 1] * 0x1p-32);
    double want = radius * (i % 2 == 0 ? cos(angle) : sin(angle));
    normal_good = normal_good && fabs(normal[i] - want) <= 1e-6 * (1 + fabs(want));
  }
  check_that(uniform_good, "apus_random_uniform is not the words' upper 24 bits");
  check_that(normal_good, "apus_random_normal is not Box-Muller of the words");
}

static void check_parts(void) {
  if (!check_case("parts of a sequence", "%d elements in parts of every length from 1 to 9", COUNT))
    return;
  uint32_t bits[COUNT], part_bits[COUNT];
  float uniform[COUNT], part_uniform[COUNT], normal[COUNT], part_normal[COUNT];
  apus_random_bits(SEED, STREAM, 0, COUNT, bits);
  apus_random_uniform(SEED, STREAM, 0, COUNT, uniform);
  apus_random_normal(SEED, STREAM, 0, COUNT, normal);
  for (int64_t first = 0, length = 1; first < COUNT; first += length, length = length % 9 + 1) {
    int64_t count = length < COUNT - first ? length : COUNT - first;
    apus_random_bits(SEED, STREAM, (uint64_t)first, count, part_bits + first);
    apus_random_uniform(SEED, STREAM, (uint64_t)first, count, part_uniform + first);
    apus_random_normal(SEED, STREAM, (uint64_t)first, count, part_normal + first);
  }
  check_same_bits("bits", part_bits, bits, sizeof bits[0], COUNT);
  check_same_bits("uniform", part_uniform, uniform, sizeof uniform[0], COUNT);
  check_same_bits("normal", part_normal, normal, sizeof normal[0], COUNT);
}

static void check_streams(void) {
  if (!check_case("streams and seeds differ", "64 words each"))
    return;
  uint32_t base[64], stream[64], seed[64];
  apus_random_bits(1, 1, 0, 64, base);
  apus_random_bits(1, 2, 0, 64, stream);
  apus_random_bits(2, 1, 0, 64, seed);
  int equal = 0;
  for (int i = 0; i < 64; i++)
    equal += (base[i] == stream[i]) + (base[i] == seed[i]) + (stream[i] == seed[i]);
  check_that(equal == 0, "%d words are equal", equal);
}

/* Means of n numbers must lie within 5 standard deviations of the mean. */
static void check_moments(void) {
  enum { n = 1 << 16 };
  if (!check_case("moments", "%d numbers", n))
    return;
  float *uniform = check_output(n, NULL), *normal = check_output(n, NULL);
  apus_random_uniform(check_chosen.seed, 0, 0, n, uniform);
  apus_random_normal(check_chosen.seed, 1, 0, n, normal);
  double uniform_mean = 0, normal_mean = 0, normal_square = 0;
  int in_range = 1;
  for (int i = 0; i < n; i++) {
    uniform_mean += uniform[i] / (double)n;
    normal_mean += normal[i] / (double)n;
    normal_square += (double)normal[i] * normal[i] / n;
    in_range = in_range && uniform[i] >= 0 && uniform[i] < 1 && isfinite(normal[i]);
  }
  check_that(in_range, "a number outside its range");
  check_that(fabs(uniform_mean - 0.5) < 5 * sqrt(1.0 / 12 / n), "uniform mean %g", uniform_mean);
  check_that(fabs(normal_mean) < 5 * sqrt(1.0 / n), "normal mean %g", normal_mean);
  check_that(fabs(normal_square - 1) < 5 * sqrt(2.0 / n), "normal variance %g", normal_square);
}

void check_random_family(void) {
  check_known_answers();
  check_definition();
  check_parts();
  check_streams();
  check_moments();
}
