#include <png.h>
#include <stdio.h>
#include <string.h>

#include "apus_codecs.h"

static int failed(png_image *image, char *text) {
  snprintf(text, APUS_IMAGE_TEXT, "%s", image->message);
  png_image_free(image);
  return 0;
}

static int begin(const uint8_t *bytes, size_t count, png_image *image) {
  memset(image, 0, sizeof *image);
  image->version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_memory(image, bytes, count))
    return 0;
  image->format = image->format & PNG_FORMAT_FLAG_COLOR ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  /* Without this flag libpng takes the values of 16-bit files as linear light. */
  image->flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  return 1;
}

int apus_png_corrected_header(const uint8_t *bytes, size_t count, apus_image_header *header, char text[APUS_IMAGE_TEXT]) {
  png_image image;
  if (!begin(bytes, count, &image))
    return failed(&image, text);
  const int32_t channels = image.format == PNG_FORMAT_RGB ? 3 : 1;
  *header = (apus_image_header){image.height, image.width, channels, 0, 0};
  png_image_free(&image);
  return 1;
}

int apus_png_corrected_decode(const uint8_t *bytes, size_t count, const apus_image_header *header, uint8_t *samples,
                              char text[APUS_IMAGE_TEXT]) {
  const png_color white = {255, 255, 255};
  png_image image;
  if (!begin(bytes, count, &image))
    return failed(&image, text);
  if (!png_image_finish_read(&image, &white, samples, (png_int_32)(header->width * header->channels), NULL))
    return failed(&image, text);
  png_image_free(&image);
  return 1;
}
