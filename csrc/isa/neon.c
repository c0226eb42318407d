/* Every family's kernels for NEON, but the micro-kernel of products, whose tiles are the tier's own (gemm/tile_neon.c). */

#if defined(__aarch64__)
#include "runtime/simd/simd_neon.h"

#define ACTIVATION_KERNELS apus_activation_neon
#include "activation/tier.c.inc"
#define DEPTHWISE_KERNELS apus_depthwise_neon
#include "conv/depthwise/tier.c.inc"
#define WINOGRAD_KERNELS apus_winograd_neon
#include "conv/winograd/tier.c.inc"
#define ELEMENTWISE_KERNELS apus_elementwise_neon
#include "elementwise/tier.c.inc"
#define EMBEDDING_KERNELS apus_embedding_neon
#include "embedding/tier.c.inc"
#define LOSS_KERNELS apus_loss_neon
#include "loss/tier.c.inc"
#define BATCH_NORM_KERNELS apus_batch_norm_neon
#include "norm/batch/tier.c.inc"
#define GROUP_NORM_KERNELS apus_group_norm_neon
#include "norm/group/tier.c.inc"
#define LOCAL_RESPONSE_NORM_KERNELS apus_local_response_norm_neon
#include "norm/response/tier.c.inc"
#define GRADIENT_KERNELS apus_gradient_neon
#define OPTIMIZER_KERNELS apus_optimizer_neon
#include "optimizer/tier.c.inc"
#define POOL2D_KERNELS apus_pool2d_neon
#include "pool/tier.c.inc"
#define IMAGE_KERNELS apus_image_neon
#define RESAMPLE_KERNELS apus_resample_neon
#include "resample/tier.c.inc"
#define STATISTICS_KERNELS apus_statistics_neon
#include "statistics/tier.c.inc"
#endif
