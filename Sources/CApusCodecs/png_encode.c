#include <png.h>
#include <stdio.h>
#include <string.h>

#include "apus_codecs.h"

static png_image described(const apus_image_header *header) {
  png_image image;
  memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  image.height = (png_uint_32)header->height;
  image.width = (png_uint_32)header->width;
  image.format = header->channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  return image;
}

size_t apus_png_capacity(const apus_image_header *header) {
  const int64_t side = 1000000, samples = INT32_MAX; /* libpng's limit, and what its 32-bit bound below can hold */
  if (header->height > side || header->width > side || header->height * header->width > samples / header->channels)
    return 0;
  const png_image image = described(header);
  return PNG_IMAGE_PNG_SIZE_MAX(image);
}

int apus_png_encode(const apus_image_header *header, const uint8_t *samples, uint8_t *file, size_t *count,
                    char text[APUS_IMAGE_TEXT]) {
  png_image image = described(header);
  png_alloc_size_t size = *count;
  const int done = png_image_write_to_memory(&image, file, &size, 0, samples, 0, NULL);
  if (!done)
    snprintf(text, APUS_IMAGE_TEXT, "%s", image.message);
  png_image_free(&image);
  *count = size;
  return done;
}
