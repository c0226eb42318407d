#ifndef APUS_REFERENCE_H
#define APUS_REFERENCE_H

/* The references: each operation as plain scalar code to be read aloud, `…_reference_f32` and `…_reference_f64` made of one
 * source. They are the specification that every faster version is checked against, and what tensors of float64 and of integers
 * are computed with. Serial, without plans and scratch; an argument is what the family's own header says of it. */

#include "apus/reference/activation.h"
#include "apus/reference/batch_norm.h"
#include "apus/reference/class_loss.h"
#include "apus/reference/conv2d.h"
#include "apus/reference/elementwise.h"
#include "apus/reference/embedding.h"
#include "apus/reference/gemm.h"
#include "apus/reference/gradient.h"
#include "apus/reference/group_norm.h"
#include "apus/reference/image_resize.h"
#include "apus/reference/local_response_norm.h"
#include "apus/reference/loss.h"
#include "apus/reference/optimizer.h"
#include "apus/reference/pointwise_loss.h"
#include "apus/reference/pool2d.h"
#include "apus/reference/resample.h"
#include "apus/reference/statistics.h"

#endif
