#ifndef APUS_REFERENCE_OPTIMIZER_H
#define APUS_REFERENCE_OPTIMIZER_H

#include "apus/optimizer.h"

/* The references of apus/optimizer.h. */

#ifdef __cplusplus
extern "C" {
#endif

void apus_optimizer_step_reference_f32(apus_optimizer rule, int64_t items, const apus_optimizer_item *item,
                                       const apus_optimizer_options *options);

/* One parameter in double: count, rate, decay and step of the item, with these arrays in place of its own. */
void apus_optimizer_step_reference_f64(apus_optimizer rule, const apus_optimizer_item *item, double *value,
                                       const double *gradient, double *const state[APUS_OPTIMIZER_STATES],
                                       const apus_optimizer_options *options);

#ifdef __cplusplus
}
#endif
#endif
