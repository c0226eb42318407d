#ifndef APUS_RUNTIME_MERGE_H
#define APUS_RUNTIME_MERGE_H

#include <stddef.h>
#include <stdint.h>

/* How many partial sums a reduction over `items` keeps where one partial result has `size` floats: at most 32, at most 2 MB of
 * them, and 1 where a single one is above 1 MB. A power of two, so that 2, 4 or 8 threads have equally many: of 5 chunks one of
 * two threads has 3. A function of the shape alone. */
int64_t apus_merge_chunks(int64_t items, int64_t size);

/* partials [chunks][size] are added in a fixed tree (neighbors, then pairs, then fours, …) and the sum written to out, or
 * added to out where accumulate. partials are overwritten; out may be the first of them. */
void apus_merge_partials(float *partials, int64_t chunks, int64_t size, int accumulate, float *out);

#endif
