#ifndef APUS_RUNTIME_ENVIRONMENT_H
#define APUS_RUNTIME_ENVIRONMENT_H

/* The choices that the environment makes for planning. The variables are read once a process.
 *   APUS_FORCE=conv2d:direct,gemm:openblas   one implementation for an operation
 *   APUS_TUNE=file                           choices that were measured (conv/tune.h)
 *   APUS_VERBOSE=plan                        every plan is printed to standard error */

#include <stddef.h>

/* The implementation that APUS_FORCE names for an operation, copied into name (always terminated); 0 where it names none. */
int apus_forced_implementation(const char *operation, char *name, size_t size);

/* NULL where the variable is not set or empty. */
const char *apus_tune_path(void);

int apus_verbose_plans(void);

#endif
