#include <math.h>

#include "apus/grid_sample.h"
#include "apus/runtime.h"
#include "runtime/integers.h"

typedef double real;

#define FLOOR floor
#define NEAREST rint
#define grid_sample apus_grid_sample_f64
#define grid_sample_backward_data apus_grid_sample_backward_data_f64
#define grid_sample_backward_grid apus_grid_sample_backward_grid_f64
#include "grid/grid_sample.c.inc"
