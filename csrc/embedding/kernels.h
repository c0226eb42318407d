#ifndef APUS_EMBEDDING_KERNELS_H
#define APUS_EMBEDDING_KERNELS_H

#include <stdint.h>

#include "apus/embedding.h"

/* Points whose distances are made together: what is loaded of the others serves all of them. */
enum { DISTANCE_ROWS = 4 };

/* What the forces on one point are made of; see apus/embedding.h. */
typedef struct apus_map_sums {
  float attraction[2], repulsion[2], mass, logs;
} apus_map_sums;

/* One tier's kernels: serial. */
typedef struct apus_embedding_kernels {
  /* Of at most DISTANCE_ROWS points from `first` on: squares [rows, count]. */
  void (*squared_distances)(int64_t count, int64_t size, const float *x, int64_t first, int64_t rows, float *squares);
  /* Of point i; p: its row. */
  void (*map_sums)(int64_t count, const float *map, const float *p, int64_t i, int with_logs, apus_map_sums *sums);
} apus_embedding_kernels;

/* The tier in use; NULL: the references. */
const apus_embedding_kernels *apus_embedding_kernels_current(void);

extern const apus_embedding_kernels apus_embedding_generic;
#if defined(__x86_64__)
extern const apus_embedding_kernels apus_embedding_avx2, apus_embedding_avx512;
#elif defined(__aarch64__)
extern const apus_embedding_kernels apus_embedding_neon;
#endif

#endif
