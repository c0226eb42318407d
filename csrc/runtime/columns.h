#ifndef APUS_RUNTIME_COLUMNS_H
#define APUS_RUNTIME_COLUMNS_H

#include <stdint.h>

/* Work on the columns of a row-major matrix, divided by its shape alone so that no result depends on the threads. */

enum { COLUMNS_CHUNKS = 32, COLUMNS_FOLD_WIDTH = 128 };

/* How many rows to read as one, so that few channels still fill vectors: the row so made is at most COLUMNS_FOLD_WIDTH wide
 * and, where that is possible, a multiple of 16. */
static inline int64_t columns_fold(int64_t channels) {
  if (channels >= 48)
    return 1;
  int64_t odd = channels, fold = 16;
  for (; odd % 2 == 0 && fold > 1; odd /= 2)
    fold /= 2;
  while (channels * fold < 48)
    fold *= 2;
  return channels * fold <= COLUMNS_FOLD_WIDTH ? fold : 64 / channels;
}

/* `channels` numbers, `fold` times. */
static inline void columns_repeat(int64_t channels, int64_t fold, const float *from, float *to) {
  for (int64_t f = 0; f < fold; f++)
    for (int64_t c = 0; c < channels; c++)
      to[f * channels + c] = from[c];
}

/* Into how many chunks the rows go: at least 16 K elements and 16 rows in each, partial results of at most 2 MB. */
static inline int64_t columns_chunks(int64_t rows, int64_t channels, int64_t partial_bytes) {
  int64_t chunks = COLUMNS_CHUNKS, by_work = rows * channels / 16384, by_rows = rows / 16, by_memory = (2 << 20) / partial_bytes;
  chunks = by_work < chunks ? by_work : chunks;
  chunks = by_rows < chunks ? by_rows : chunks;
  chunks = by_memory < chunks ? by_memory : chunks;
  return chunks < 1 ? 1 : chunks;
}

/* First row of a chunk; that of chunk `chunks` is `rows`. */
static inline int64_t columns_chunk_begin(int64_t rows, int64_t chunks, int64_t chunk) {
  int64_t each = rows / chunks, extra = rows % chunks;
  return chunk * each + (chunk < extra ? chunk : extra);
}

#endif
