#ifndef APUS_RANDOM_H
#define APUS_RANDOM_H

#include <stdint.h>

/* Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011).
 * The numbers at a position depend on (seed, stream, position) alone: any thread may make any part. */

#ifdef __cplusplus
extern "C" {
#endif

/* One block: counter (c0..c3) and key (k0, k1) to four 32-bit words. */
void apus_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* Element i of the sequence (seed, stream) is word i % 4 of the block with key = seed's halves (low word first),
 * counter = {low(i/4), high(i/4), low(stream), high(stream)}. */
void apus_random_bits(uint64_t seed, uint64_t stream, uint64_t first, int64_t count, uint32_t *out);
/* Uniform in [0, 1): the word's upper 24 bits times 2^-24. */
void apus_random_uniform(uint64_t seed, uint64_t stream, uint64_t first, int64_t count, float *out);
/* Standard normal by Box-Muller in double from the words (2j, 2j+1), rounded to float: element 2j the cosine, 2j+1 the sine. */
void apus_random_normal(uint64_t seed, uint64_t stream, uint64_t first, int64_t count, float *out);

#ifdef __cplusplus
}
#endif
#endif
