#ifndef APUS_REFERENCE_EMBEDDING_H
#define APUS_REFERENCE_EMBEDDING_H

#include "apus/embedding.h"

/* The references of apus/embedding.h. */

#ifdef __cplusplus
extern "C" {
#endif

void apus_squared_distances_reference_f32(int64_t count, int64_t size, const float *x, int64_t first, int64_t rows,
                                          float *squares);
void apus_squared_distances_reference_f64(int64_t count, int64_t size, const double *x, int64_t first, int64_t rows,
                                          double *squares);
void apus_map_forces_reference_f32(int64_t count, const float *map, const float *p, float *attraction, float *repulsion,
                                   float *mass, float *logs);
void apus_map_forces_reference_f64(int64_t count, const double *map, const double *p, double *attraction, double *repulsion,
                                   double *mass, double *logs);

#ifdef __cplusplus
}
#endif
#endif
