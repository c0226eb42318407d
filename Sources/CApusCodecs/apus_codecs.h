#ifndef APUS_CODECS_H
#define APUS_CODECS_H

#include <stddef.h>
#include <stdint.h>

/* Image files in memory to samples, and samples to PNG and JPEG files, through the libraries of each format. C, since libpng and
 * libjpeg report errors by longjmp.
 *
 * A format that is read has two functions. `…_header` reads sizes and allocates nothing that depends on them, so that the caller
 * can refuse an image before memory is taken for it. `…_decode` writes height × width × channels samples, row by row without
 * gaps, into memory of the caller. Both return 1, or 0 with the library's reason in `text`. Neither keeps anything, and threads
 * may call them at once. */

typedef struct apus_image_header {
  int64_t height, width;
  int32_t channels; /* of the samples: 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA, or CMYK */
  int32_t is_cmyk;  /* as Adobe stores it: 255 is no ink */
  int64_t work;     /* bytes that the decoder takes beside the samples, about */
} apus_image_header;

enum { APUS_IMAGE_TEXT = 256 };

/* PNG: the values of the file, as Pillow reads them. Palettes and tRNS are expanded, of 16 bits the upper 8 are kept, except in
 * gray, which Pillow takes for whole numbers and cuts at 255. Gamma and color profiles are left alone. */
int apus_png_header(const uint8_t *bytes, size_t count, apus_image_header *header, char text[APUS_IMAGE_TEXT]);
int apus_png_decode(const uint8_t *bytes, size_t count, const apus_image_header *header, uint8_t *samples,
                    char text[APUS_IMAGE_TEXT]);

/* PNG by the first edition of the rules (ImageReading), for runs that recorded none: 1 or 3 channels, gamma converted to sRGB,
 * what is transparent over white in linear light. */
int apus_png_corrected_header(const uint8_t *bytes, size_t count, apus_image_header *header, char text[APUS_IMAGE_TEXT]);
int apus_png_corrected_decode(const uint8_t *bytes, size_t count, const apus_image_header *header, uint8_t *samples,
                              char text[APUS_IMAGE_TEXT]);

/* Writes a PNG file of 8 bits per sample, 1 channel (gray) or 3 (RGB). The caller takes memory for `apus_png_capacity` bytes,
 * which is 0 for an image that libpng does not write: more than 1,000,000 pixels on a side, or 2 GB. `count` is the size of
 * `file`, then that of what was written. Returns 1, or 0 with libpng's reason in `text`. */
size_t apus_png_capacity(const apus_image_header *header);
int apus_png_encode(const apus_image_header *header, const uint8_t *samples, uint8_t *file, size_t *count,
                    char text[APUS_IMAGE_TEXT]);

/* JPEG with libjpeg's defaults: the accurate transform and smooth upsampling. YCbCr becomes RGB, YCCK becomes CMYK. Data that end
 * early are an error; what a decoder can recover from is not. */
int apus_jpeg_header(const uint8_t *bytes, size_t count, apus_image_header *header, char text[APUS_IMAGE_TEXT]);
int apus_jpeg_decode(const uint8_t *bytes, size_t count, const apus_image_header *header, uint8_t *samples,
                     char text[APUS_IMAGE_TEXT]);

/* Writes a baseline JPEG file, 1 channel (gray) or 3 (RGB), with libjpeg's defaults at that quality, 1 to 100. Returns its
 * `count` bytes, which apus_jpeg_free frees, or NULL with libjpeg's reason in `text`. */
uint8_t *apus_jpeg_encode(const apus_image_header *header, const uint8_t *samples, int quality, size_t *count,
                          char text[APUS_IMAGE_TEXT]);
void apus_jpeg_free(uint8_t *file);

/* WebP, of an animation the first frame on its canvas: always RGBA. */
int apus_webp_header(const uint8_t *bytes, size_t count, apus_image_header *header, char text[APUS_IMAGE_TEXT]);
int apus_webp_decode(const uint8_t *bytes, size_t count, const apus_image_header *header, uint8_t *samples,
                     char text[APUS_IMAGE_TEXT]);

/* The first frame of a GIF on its screen: RGB, or RGBA where a color is transparent. */
int apus_gif_header(const uint8_t *bytes, size_t count, apus_image_header *header, char text[APUS_IMAGE_TEXT]);
int apus_gif_decode(const uint8_t *bytes, size_t count, const apus_image_header *header, uint8_t *samples,
                    char text[APUS_IMAGE_TEXT]);

#endif
