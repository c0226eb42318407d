/* Every family's kernels for plain C that every CPU runs, but the micro-kernel of products, whose tiles are the tier's own
 * (gemm/tile_generic.c). */

#include "runtime/simd/simd_generic.h"

#define ACTIVATION_KERNELS apus_activation_generic
#include "activation/tier.c.inc"
#define DEPTHWISE_KERNELS apus_depthwise_generic
#include "conv/depthwise/tier.c.inc"
#define WINOGRAD_KERNELS apus_winograd_generic
#include "conv/winograd/tier.c.inc"
#define ELEMENTWISE_KERNELS apus_elementwise_generic
#include "elementwise/tier.c.inc"
#define EMBEDDING_KERNELS apus_embedding_generic
#include "embedding/tier.c.inc"
#define LOSS_KERNELS apus_loss_generic
#include "loss/tier.c.inc"
#define BATCH_NORM_KERNELS apus_batch_norm_generic
#include "norm/batch/tier.c.inc"
#define GROUP_NORM_KERNELS apus_group_norm_generic
#include "norm/group/tier.c.inc"
#define LOCAL_RESPONSE_NORM_KERNELS apus_local_response_norm_generic
#include "norm/response/tier.c.inc"
#define GRADIENT_KERNELS apus_gradient_generic
#define OPTIMIZER_KERNELS apus_optimizer_generic
#include "optimizer/tier.c.inc"
#define POOL2D_KERNELS apus_pool2d_generic
#include "pool/tier.c.inc"
#define IMAGE_KERNELS apus_image_generic
#define RESAMPLE_KERNELS apus_resample_generic
#include "resample/tier.c.inc"
#define STATISTICS_KERNELS apus_statistics_generic
#include "statistics/tier.c.inc"
