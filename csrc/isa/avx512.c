/* Every family's kernels for AVX-512, but the micro-kernel of products, whose tiles are the tier's own (gemm/tile_avx512.c). */

#if defined(__x86_64__)
#include "runtime/simd/simd_avx512.h"

#define ACTIVATION_KERNELS apus_activation_avx512
#include "activation/tier.c.inc"
#define DEPTHWISE_KERNELS apus_depthwise_avx512
#include "conv/depthwise/tier.c.inc"
#define WINOGRAD_KERNELS apus_winograd_avx512
#include "conv/winograd/tier.c.inc"
#define ELEMENTWISE_KERNELS apus_elementwise_avx512
#include "elementwise/tier.c.inc"
#define EMBEDDING_KERNELS apus_embedding_avx512
#include "embedding/tier.c.inc"
#define LOSS_KERNELS apus_loss_avx512
#include "loss/tier.c.inc"
#define BATCH_NORM_KERNELS apus_batch_norm_avx512
#include "norm/batch/tier.c.inc"
#define GROUP_NORM_KERNELS apus_group_norm_avx512
#include "norm/group/tier.c.inc"
#define LOCAL_RESPONSE_NORM_KERNELS apus_local_response_norm_avx512
#include "norm/response/tier.c.inc"
#define GRADIENT_KERNELS apus_gradient_avx512
#define OPTIMIZER_KERNELS apus_optimizer_avx512
#include "optimizer/tier.c.inc"
#define POOL2D_KERNELS apus_pool2d_avx512
#include "pool/tier.c.inc"
#define IMAGE_KERNELS apus_image_avx512
#define RESAMPLE_KERNELS apus_resample_avx512
#include "resample/tier.c.inc"
#define STATISTICS_KERNELS apus_statistics_avx512
#include "statistics/tier.c.inc"
#endif
