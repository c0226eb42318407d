#ifndef APUS_CHECK_CONV2D_H
#define APUS_CHECK_CONV2D_H

#include "check.h"

/* An implementation, and Winograd once more with its small tiles. */
typedef struct conv2d_version {
  apus_conv2d_implementation implementation;
  apus_precision precision;
} conv2d_version;
enum { CONV2D_VERSIONS = APUS_CONV2D_IMPLEMENTATIONS + 1 };
extern const conv2d_version conv2d_versions[CONV2D_VERSIONS];

/* A seeded shape whose reference is quick. */
apus_conv2d conv2d_random_shape(void);
void conv2d_shape_text(const apus_conv2d *s, char *text, size_t size);

#endif
