/* The table of the functions of one element. */

#define NONLINEARITY_REFERENCE

#include "activation/functions.h"

#include <math.h>
#include <stddef.h>

#include "activation/functions.c.inc"

const nonlinearity *const apus_nonlinearities[APUS_NONLINEARITY_COUNT] = {
#define ENTRY(number, value, derivative, reference) [number] = &reference,
    APUS_NONLINEARITIES(ENTRY)
#undef ENTRY
};
