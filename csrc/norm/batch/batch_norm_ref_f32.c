#include "apus/reference/batch_norm.h"

typedef float real;
typedef apus_batch_norm_map norm_map;
typedef apus_batch_norm_backward_arguments backward_arguments;
#define batch_norm_statistics apus_batch_norm_statistics_reference_f32
#define batch_norm_deviation apus_batch_norm_deviation /* these two: one code for every tier, over channels only */
#define batch_norm_fold apus_batch_norm_fold
#define batch_norm_apply apus_batch_norm_apply_reference_f32
#define batch_norm_backward apus_batch_norm_backward_reference_f32
#include "norm/batch/batch_norm_ref.c.inc"
