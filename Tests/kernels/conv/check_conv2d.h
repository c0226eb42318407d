#ifndef APUS_CHECK_CONV2D_H
#define APUS_CHECK_CONV2D_H

#include "check.h"

typedef struct conv2d_case {
  const char *name; /* the edge that it tests */
  apus_conv2d shape;
} conv2d_case;

extern const conv2d_case conv2d_cases[];
extern const int conv2d_case_count;

/* A seeded shape whose reference is quick. */
apus_conv2d conv2d_random_shape(void);
void conv2d_shape_text(const apus_conv2d *s, char *text, size_t size);

#endif
