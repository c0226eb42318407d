typedef float real;

#define squared_distances_reference apus_squared_distances_reference_f32
#define map_forces_reference apus_map_forces_reference_f32
#include "embedding/embedding_ref.c.inc"
