#ifndef APUS_REFERENCE_IMAGE_RESIZE_H
#define APUS_REFERENCE_IMAGE_RESIZE_H

#include "apus/image_resize.h"

/* The reference of apus/image_resize.h: in float32, whose roundings are part of the result. */

#ifdef __cplusplus
extern "C" {
#endif

void apus_image_resize_reference(const apus_image_resize *shape, const uint8_t *x, uint8_t *y);

#ifdef __cplusplus
}
#endif
#endif
