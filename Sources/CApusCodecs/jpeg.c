#include <stdio.h>

#include <jpeglib.h>

#include <jerror.h>

#include "apus_codecs.h"
#include "jpeg_errors.h"

/* A small file of many progressive scans could keep the decoder busy for minutes. */
enum { SCAN_LIMIT = 500 };

/* Warnings: what the decoder recovers from, such as stray bytes between markers, which some cameras write. */
static void ignore(j_common_ptr info, int level) {
  (void)info;
  (void)level;
}

static void nothing(j_decompress_ptr jpeg) { (void)jpeg; }

/* All of the file was there from the start. */
static boolean ends_early(j_decompress_ptr jpeg) {
  ERREXIT(jpeg, JERR_INPUT_EOF);
  return FALSE;
}

static void skip(j_decompress_ptr jpeg, long count) {
  if (count <= 0)
    return;
  if ((size_t)count > jpeg->src->bytes_in_buffer)
    ends_early(jpeg);
  jpeg->src->next_input_byte += count;
  jpeg->src->bytes_in_buffer -= (size_t)count;
}

static void limit_scans(j_common_ptr info) {
  if (((j_decompress_ptr)info)->input_scan_number > SCAN_LIMIT) {
    errors *e = (errors *)info->err;
    snprintf(e->text, APUS_IMAGE_TEXT, "more than %d scans", SCAN_LIMIT);
    longjmp(e->escape, 1);
  }
}

static void begin(j_decompress_ptr jpeg, apus_image_header *header) {
  jpeg_read_header(jpeg, TRUE);
  if (jpeg->num_components != 1 && jpeg->num_components != 3 && jpeg->num_components != 4) {
    errors *e = (errors *)jpeg->err;
    snprintf(e->text, APUS_IMAGE_TEXT, "%d components, expected 1, 3 or 4", jpeg->num_components);
    longjmp(e->escape, 1);
  }
  jpeg->out_color_space = jpeg->num_components == 1 ? JCS_GRAYSCALE : jpeg->num_components == 3 ? JCS_RGB : JCS_CMYK;
  header->height = jpeg->image_height;
  header->width = jpeg->image_width;
  header->channels = jpeg->num_components;
  header->is_cmyk = jpeg->num_components == 4;
  /* Of several scans all coefficients are kept, two bytes each. */
  header->work = jpeg_has_multiple_scans(jpeg) ? 2 * header->height * header->width * header->channels : 0;
}

/* `expected` and `samples` are NULL where the header alone is wanted. */
static int read_jpeg(const uint8_t *bytes, size_t count, apus_image_header *header, const apus_image_header *expected,
                     uint8_t *samples, char *text) {
  struct jpeg_source_mgr source = {.next_input_byte = bytes,
                                   .bytes_in_buffer = count,
                                   .init_source = nothing,
                                   .fill_input_buffer = ends_early,
                                   .skip_input_data = skip,
                                   .resync_to_restart = jpeg_resync_to_restart,
                                   .term_source = nothing};
  struct jpeg_progress_mgr progress = {.progress_monitor = limit_scans};
  struct jpeg_decompress_struct jpeg = {0};
  errors e = {.text = text};
  volatile int done = 0;
  jpeg.err = jpeg_std_error(&e.base);
  e.base.error_exit = leave;
  e.base.emit_message = ignore;
  if (setjmp(e.escape) == 0) {
    jpeg_create_decompress(&jpeg);
    jpeg.src = &source;
    jpeg.progress = &progress;
    begin(&jpeg, header);
    if (samples) {
      jpeg_start_decompress(&jpeg);
      if (header->height != expected->height || header->width != expected->width || header->channels != expected->channels)
        ERREXIT(&jpeg, JERR_BAD_STATE);
      while (jpeg.output_scanline < jpeg.output_height) {
        JSAMPROW row = samples + (int64_t)jpeg.output_scanline * header->width * header->channels;
        jpeg_read_scanlines(&jpeg, &row, 1);
      }
      /* All rows are here. Whether an end marker follows does not matter, as in Pillow. */
    }
    done = 1;
  }
  jpeg_destroy_decompress(&jpeg);
  return done;
}

int apus_jpeg_header(const uint8_t *bytes, size_t count, apus_image_header *header, char text[APUS_IMAGE_TEXT]) {
  return read_jpeg(bytes, count, header, NULL, NULL, text);
}

int apus_jpeg_decode(const uint8_t *bytes, size_t count, const apus_image_header *header, uint8_t *samples,
                     char text[APUS_IMAGE_TEXT]) {
  apus_image_header again;
  return read_jpeg(bytes, count, &again, header, samples, text);
}
