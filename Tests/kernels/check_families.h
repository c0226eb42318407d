#ifndef APUS_CHECK_FAMILIES_H
#define APUS_CHECK_FAMILIES_H

/* The families of checks in the order in which they run: what --family calls it, and its function. */

/* Assertions, where there are any. */
#ifdef NDEBUG
#define CHECK_CONTRACTS(each)
#else
#define CHECK_CONTRACTS(each) each("contracts", check_contracts_family)
#endif

/* clang-format off */
#define CHECK_FAMILIES(each) \
  each("runtime", check_runtime_family) \
  each("random", check_random_family) \
  each("eigen", check_eigen_family) \
  each("shapes", check_shapes_family) \
  each("plans", check_plans_family) \
  each("geometries", check_geometries_family) \
  CHECK_CONTRACTS(each) \
  each("conv2d", check_conv2d_family) \
  each("winograd", check_winograd_family) \
  each("gemm", check_gemm_family) \
  each("bfloat16", check_bfloat16_family) \
  each("pool2d", check_pool2d_family) \
  each("batch_norm", check_batch_norm_family) \
  each("activation", check_activation_family) \
  each("elementwise", check_elementwise_family) \
  each("movement", check_movement_family) \
  each("indexing", check_indexing_family) \
  each("grid_sample", check_grid_sample_family) \
  each("statistics", check_statistics_family) \
  each("embedding", check_embedding_family) \
  each("loss", check_loss_family) \
  each("optimizer", check_optimizer_family) \
  each("resample", check_resample_family) \
  each("image_resize", check_image_resize_family) \
  each("class_loss", check_class_loss_family) \
  each("pointwise_loss", check_pointwise_loss_family) \
  each("ends", check_ends_family) \
  each("group_norm", check_group_norm_family) \
  each("local_response_norm", check_local_response_norm_family) \
  each("gradient_tools", check_gradient_tools_family) \
  each("gradients", check_gradients_family) \
  each("scratch", check_scratch_family) \
  each("bench", check_bench_family) \
  each("soak", check_soak_family)
/* clang-format on */

#define DECLARE(name, function) void function(void);
CHECK_FAMILIES(DECLARE)
#undef DECLARE

#endif
