/* Drivers: share out the points, each of which has its sums to itself. */

#include "apus/reference/embedding.h"

#include "apus/runtime.h"
#include "embedding/kernels.h"
#include "runtime/integers.h"

static const apus_embedding_kernels *const tiers[APUS_ISA_COUNT] = {
    [APUS_ISA_GENERIC] = &apus_embedding_generic,
#if defined(__x86_64__)
    [APUS_ISA_AVX2] = &apus_embedding_avx2,
    [APUS_ISA_AVX512] = &apus_embedding_avx512,
#elif defined(__aarch64__)
    [APUS_ISA_NEON] = &apus_embedding_neon,
#endif
};

const apus_embedding_kernels *apus_embedding_kernels_current(void) { return tiers[apus_isa_current()]; }

/* Pairs, or differences of numbers, that are worth a thread. */
enum { GRAIN = 32768 };

typedef struct distances_job {
  const apus_embedding_kernels *kernels;
  int64_t count, size, first, rows;
  const float *x;
  float *squares;
} distances_job;

static void distances_groups(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const distances_job *j = context;
  for (int64_t r = begin * DISTANCE_ROWS; r < apus_min(end * DISTANCE_ROWS, j->rows); r += DISTANCE_ROWS)
    j->kernels->squared_distances(j->count, j->size, j->x, j->first + r, apus_min(DISTANCE_ROWS, j->rows - r),
                                  j->squares + r * j->count);
}

void apus_squared_distances_f32(int64_t count, int64_t size, const float *x, int64_t first, int64_t rows, float *squares) {
  distances_job j = {apus_embedding_kernels_current(), count, size, first, rows, x, squares};
  if (j.kernels)
    apus_parallel_for(apus_ceil_div(rows, DISTANCE_ROWS), GRAIN / (count * size + 1), distances_groups, &j);
  else
    apus_squared_distances_reference_f32(count, size, x, first, rows, squares);
}

typedef struct forces_job {
  const apus_embedding_kernels *kernels;
  int64_t count;
  const float *map, *p;
  float *attraction, *repulsion, *mass, *logs;
} forces_job;

static void forces_points(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const forces_job *j = context;
  for (int64_t i = begin; i < end; i++) {
    apus_map_sums sums;
    j->kernels->map_sums(j->count, j->map, j->p + i * j->count, i, j->logs != NULL, &sums);
    for (int axis = 0; axis < 2; axis++) {
      j->attraction[axis * j->count + i] = sums.attraction[axis];
      j->repulsion[axis * j->count + i] = sums.repulsion[axis];
    }
    j->mass[i] = sums.mass;
    if (j->logs)
      j->logs[i] = sums.logs;
  }
}

void apus_map_forces_f32(int64_t count, const float *map, const float *p, float *attraction, float *repulsion, float *mass,
                         float *logs) {
  forces_job j = {apus_embedding_kernels_current(), count, map, p, attraction, repulsion, mass, logs};
  if (j.kernels)
    apus_parallel_for(count, GRAIN / (count + 1), forces_points, &j);
  else
    apus_map_forces_reference_f32(count, map, p, attraction, repulsion, mass, logs);
}
