#include "apus/batch_norm.h"

typedef double real;
#define batch_norm_statistics apus_batch_norm_statistics_reference_f64
#define batch_norm_fold apus_batch_norm_fold_reference_f64
#define batch_norm_apply apus_batch_norm_apply_reference_f64
#define batch_norm_backward apus_batch_norm_backward_reference_f64
#include "norm/batch_norm_ref.c.inc"
