#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "apus_codecs.h"

typedef struct source {
  const uint8_t *bytes;
  size_t left;
} source;

static void take(png_structp png, png_bytep to, size_t count) {
  source *from = png_get_io_ptr(png);
  if (count > from->left)
    png_error(png, "the file ends early");
  memcpy(to, from->bytes, count);
  from->bytes += count;
  from->left -= count;
}

static void fail(png_structp png, png_const_charp message) {
  snprintf(png_get_error_ptr(png), APUS_IMAGE_TEXT, "%s", message);
  png_longjmp(png, 1);
}

static void ignore(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

/* Indices beyond the palette are black, as in Pillow, whatever libpng has there. */
static void complete_palette(png_structp png, png_infop info, int depth) {
  png_color colors[256] = {0}, *given = NULL;
  int count = 0;
  png_get_PLTE(png, info, &given, &count);
  for (int i = 0; i < count; i++)
    colors[i] = given[i];
  png_set_PLTE(png, info, colors, 1 << depth);
}

/* A row of 16-bit gray, with alpha or without, to 8 bits in place: what is above 255 is white. */
static void cut_at_255(png_structp png, png_row_infop row, png_bytep data) {
  (void)png;
  for (png_uint_32 i = 0; i < row->width * row->channels; i++) {
    const int is_alpha = row->channels == 2 && i % 2 == 1;
    data[i] = is_alpha ? data[2 * i] : data[2 * i] ? 255 : data[2 * i + 1];
  }
}

/* Reads up to the image data and chooses how these are changed, so that rows have the samples that the header tells of. */
static void begin(png_structp png, png_infop info, apus_image_header *header) {
  png_read_info(png, info);
  const int depth = png_get_bit_depth(png, info), color = png_get_color_type(png, info);
  if (color == PNG_COLOR_TYPE_PALETTE)
    complete_palette(png, info, depth);
  png_set_expand(png);
  if (depth == 16 && color == PNG_COLOR_TYPE_GRAY) {
    png_set_read_user_transform_fn(png, cut_at_255);
    png_set_user_transform_info(png, NULL, 8, png_get_valid(png, info, PNG_INFO_tRNS) ? 2 : 1);
  } else if (depth == 16) {
    png_set_strip_16(png);
  }
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  header->height = png_get_image_height(png, info);
  header->width = png_get_image_width(png, info);
  header->channels = png_get_channels(png, info);
  header->is_cmyk = 0;
  header->work = 0;
  if (png_get_bit_depth(png, info) != 8 || png_get_rowbytes(png, info) != (size_t)(header->width * header->channels))
    png_error(png, "rows of an unexpected size");
}

/* `expected` and `samples` are NULL where the header alone is wanted. */
static int read_png(const uint8_t *bytes, size_t count, apus_image_header *header, const apus_image_header *expected,
                    uint8_t *samples, char *text) {
  source from = {bytes, count};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, text, fail, ignore);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  volatile int done = 0;
  if (!info) {
    snprintf(text, APUS_IMAGE_TEXT, "no memory");
  } else if (setjmp(png_jmpbuf(png)) == 0) {
    png_set_read_fn(png, &from, take);
    /* All chunks but IHDR, PLTE, tRNS, IDAT and IEND are passed over: texts could inflate to gigabytes. */
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    begin(png, info, header);
    if (samples) {
      if (header->height != expected->height || header->width != expected->width || header->channels != expected->channels)
        png_error(png, "another header");
      const int passes = png_get_interlace_type(png, info) == PNG_INTERLACE_NONE ? 1 : PNG_INTERLACE_ADAM7_PASSES;
      for (int pass = 0; pass < passes; pass++)
        for (int64_t y = 0; y < header->height; y++)
          png_read_row(png, samples + y * header->width * header->channels, NULL);
    }
    done = 1;
  }
  png_destroy_read_struct(&png, &info, NULL);
  return done;
}

int apus_png_header(const uint8_t *bytes, size_t count, apus_image_header *header, char text[APUS_IMAGE_TEXT]) {
  return read_png(bytes, count, header, NULL, NULL, text);
}

int apus_png_decode(const uint8_t *bytes, size_t count, const apus_image_header *header, uint8_t *samples,
                    char text[APUS_IMAGE_TEXT]) {
  apus_image_header again;
  return read_png(bytes, count, &again, header, samples, text);
}
