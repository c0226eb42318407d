#define _POSIX_C_SOURCE 200112L /* posix_memalign */

#include <stdlib.h>

#include "apus/runtime.h"

#define ALIGNMENT 64

void *apus_alloc(size_t size) {
  if (size > SIZE_MAX - ALIGNMENT)
    return NULL;
  void *pointer = NULL;
  size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  if (posix_memalign(&pointer, ALIGNMENT, rounded ? rounded : ALIGNMENT) != 0)
    return NULL;
  return pointer;
}

void apus_free(void *pointer) { free(pointer); }
