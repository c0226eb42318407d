#include <math.h>

#include "apus/grid_sample.h"
#include "apus/runtime.h"
#include "runtime/integers.h"

typedef float real;

#define FLOOR floorf
#define NEAREST rintf
#define grid_sample apus_grid_sample_f32
#define grid_sample_backward_data apus_grid_sample_backward_data_f32
#define grid_sample_backward_grid apus_grid_sample_backward_grid_f32
#include "grid/grid_sample.c.inc"
