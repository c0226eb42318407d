#include "apus/reference/batch_norm.h"
#include "apus/reference/group_norm.h"
#include "apus/reference/local_response_norm.h"

typedef float real;

#define batch_norm_map apus_batch_norm_map
#define batch_norm_backward_arguments apus_batch_norm_backward_arguments
#define batch_norm_statistics apus_batch_norm_statistics_reference_f32
#define batch_norm_deviation apus_batch_norm_deviation /* these two: one code for every tier, over channels only */
#define batch_norm_fold apus_batch_norm_fold
#define batch_norm_apply apus_batch_norm_apply_reference_f32
#define batch_norm_backward apus_batch_norm_backward_reference_f32
#include "norm/batch/batch_norm_ref.c.inc"

#define group_norm_forward_arguments apus_group_norm_forward_arguments
#define group_norm_backward_arguments apus_group_norm_backward_arguments
#define group_norm_forward apus_group_norm_forward_reference_f32
#define group_norm_backward apus_group_norm_backward_reference_f32
#include "norm/group/group_norm_ref.c.inc"

#define local_response_norm_forward apus_local_response_norm_forward_reference_f32
#define local_response_norm_backward apus_local_response_norm_backward_reference_f32
#include "norm/response/local_response_norm_ref.c.inc"
