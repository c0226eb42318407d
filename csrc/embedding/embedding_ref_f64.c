typedef double real;

#define squared_distances_reference apus_squared_distances_reference_f64
#define map_forces_reference apus_map_forces_reference_f64
#include "embedding/embedding_ref.c.inc"
