#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include "apus_codecs.h"
#include "jpeg_errors.h"

static void write_rows(j_compress_ptr jpeg, const apus_image_header *header, const uint8_t *samples, int quality) {
  /* Larger numbers would not fit the fields; libjpeg refuses this one with its own text. */
  const int64_t beyond = JPEG_MAX_DIMENSION + 1L;
  jpeg->image_height = (JDIMENSION)(header->height < beyond ? header->height : beyond);
  jpeg->image_width = (JDIMENSION)(header->width < beyond ? header->width : beyond);
  jpeg->input_components = header->channels;
  jpeg->in_color_space = header->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(jpeg);
  jpeg_set_quality(jpeg, quality, TRUE);
  jpeg_start_compress(jpeg, TRUE);
  while (jpeg->next_scanline < jpeg->image_height) {
    /* libjpeg does not write to it, and has no const in its type. */
    JSAMPROW row = (JSAMPROW)(samples + (int64_t)jpeg->next_scanline * header->width * header->channels);
    jpeg_write_scanlines(jpeg, &row, 1);
  }
  jpeg_finish_compress(jpeg);
}

uint8_t *apus_jpeg_encode(const apus_image_header *header, const uint8_t *samples, int quality, size_t *count,
                          char text[APUS_IMAGE_TEXT]) {
  /* Written by libjpeg between setjmp and longjmp, and read after it: in memory, not in registers. */
  struct target {
    unsigned char *file;
    unsigned long size;
  } *target = calloc(1, sizeof *target);
  if (!target) {
    snprintf(text, APUS_IMAGE_TEXT, "no memory");
    return NULL;
  }
  struct jpeg_compress_struct jpeg = {0};
  errors e = {.text = text};
  volatile int done = 0;
  jpeg.err = jpeg_std_error(&e.base);
  e.base.error_exit = leave;
  if (setjmp(e.escape) == 0) {
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &target->file, &target->size);
    write_rows(&jpeg, header, samples, quality);
    done = 1;
  }
  jpeg_destroy_compress(&jpeg);
  unsigned char *file = target->file;
  *count = target->size;
  free(target);
  if (!done) {
    free(file);
    file = NULL;
  }
  return file;
}

void apus_jpeg_free(uint8_t *file) { free(file); }
