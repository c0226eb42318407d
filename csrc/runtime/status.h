#ifndef APUS_RUNTIME_STATUS_H
#define APUS_RUNTIME_STATUS_H

#include "apus/status.h"

#include <stdint.h>

/* Writes code and text where error is not NULL; returns code. */
apus_status apus_fail(apus_error *error, apus_status code, const char *format, ...) __attribute__((format(printf, 3, 4)));
apus_status apus_succeed(apus_error *error);
/* Product of sizes; 0 where one is negative or the product does not fit. */
int apus_size_product(int64_t *result, const int64_t *sizes, int count);

#endif
