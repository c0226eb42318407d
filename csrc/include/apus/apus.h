#ifndef APUS_H
#define APUS_H

/* Everything of the C core but the references, which are in apus/reference.h. */

#include "apus/activation.h"
#include "apus/batch_norm.h"
#include "apus/class_loss.h"
#include "apus/conv2d.h"
#include "apus/eigen.h"
#include "apus/elementwise.h"
#include "apus/embedding.h"
#include "apus/gemm.h"
#include "apus/gradient.h"
#include "apus/grid_sample.h"
#include "apus/group_norm.h"
#include "apus/image_resize.h"
#include "apus/indexing.h"
#include "apus/limits.h"
#include "apus/local_response_norm.h"
#include "apus/loss.h"
#include "apus/optimizer.h"
#include "apus/pointwise_loss.h"
#include "apus/pool2d.h"
#include "apus/random.h"
#include "apus/resample.h"
#include "apus/runtime.h"
#include "apus/statistics.h"
#include "apus/status.h"
#include "apus/types.h"
#include "apus/version.h"

#endif
