/* Random inputs: splitmix64 (Steele, Lea & Flood 2014). */

#include "check_internal.h"

static uint64_t generator;

uint64_t check_random(void) {
  uint64_t z = generator += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

int64_t check_random_int(int64_t first, int64_t last) { return first + (int64_t)(check_random() % (uint64_t)(last - first + 1)); }

double check_random_real(void) { return (double)(int64_t)(check_random() >> 11) * 0x1p-52 - 1; }

void check_fill(float *x, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    x[i] = (float)check_random_real();
}

void check_fill_integers(float *x, int64_t count, int limit) {
  for (int64_t i = 0; i < count; i++)
    x[i] = (float)check_random_int(-limit, limit);
}

void check_fill_doubles(double *x, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    x[i] = check_random_real();
}

static void seed_from(const char *text) {
  for (; *text; text++)
    generator = (generator ^ (unsigned char)*text) * 0x100000001B3u;
}

void check_seed(uint64_t seed, const char *family, const char *name) {
  generator = seed;
  seed_from(family);
  seed_from(name);
}
