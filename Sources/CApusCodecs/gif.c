#include <gif_lib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apus_codecs.h"

typedef struct source {
  const uint8_t *bytes;
  size_t left;
} source;

static int take(GifFileType *gif, GifByteType *to, int count) {
  source *from = gif->UserData;
  if (count < 0)
    return 0;
  const size_t taken = (size_t)count < from->left ? (size_t)count : from->left;
  memcpy(to, from->bytes, taken);
  from->bytes += taken;
  from->left -= taken;
  return (int)taken;
}

static int failed(GifFileType *gif, char *text, const char *message) {
  const int code = gif ? gif->Error : 0;
  const char *reason = message ? message : code ? GifErrorString(code) : NULL;
  snprintf(text, APUS_IMAGE_TEXT, "%s", reason ? reason : "the file ends early");
  DGifCloseFile(gif, NULL);
  return 0;
}

/* Reads up to the first frame's data. -1 in `transparent` if no color is. Returns NULL with the reason in `text`. */
static GifFileType *open_gif(source *from, int *transparent, char *text) {
  int code = 0;
  GifRecordType record;
  GifFileType *gif = DGifOpen(from, take, &code);
  *transparent = -1;
  if (!gif) {
    const char *reason = GifErrorString(code);
    snprintf(text, APUS_IMAGE_TEXT, "%s", reason ? reason : "no header");
    return NULL;
  }
  for (;;) {
    if (DGifGetRecordType(gif, &record) != GIF_OK) {
      if (gif->Error != D_GIF_ERR_WRONG_RECORD)
        break;
      /* A stray byte between blocks, as Pillow has it. */
      gif->Error = 0;
      continue;
    }
    if (record == TERMINATE_RECORD_TYPE)
      break;
    if (record == IMAGE_DESC_RECORD_TYPE) {
      if (DGifGetImageDesc(gif) == GIF_OK)
        return gif;
      break;
    }
    int kind = 0;
    GifByteType *block = NULL;
    if (record != EXTENSION_RECORD_TYPE || DGifGetExtension(gif, &kind, &block) != GIF_OK)
      break;
    /* The first byte is the block's length. */
    if (kind == GRAPHICS_EXT_FUNC_CODE && block && block[0] >= 4 && block[1] & 1)
      *transparent = block[4];
    while (block && DGifGetExtensionNext(gif, &block) == GIF_OK) {
    }
    if (block)
      break;
  }
  failed(gif, text, gif->Error ? NULL : "no frame");
  return NULL;
}

/* The screen, or the frame where that reaches beyond it. */
static apus_image_header describe(const GifFileType *gif, int transparent) {
  const GifImageDesc *frame = &gif->Image;
  const int64_t right = (int64_t)frame->Left + frame->Width, bottom = (int64_t)frame->Top + frame->Height;
  const int64_t width = right > gif->SWidth ? right : gif->SWidth, height = bottom > gif->SHeight ? bottom : gif->SHeight;
  return (apus_image_header){height, width, transparent < 0 ? 3 : 4, 0, 0};
}

int apus_gif_header(const uint8_t *bytes, size_t count, apus_image_header *header, char text[APUS_IMAGE_TEXT]) {
  source from = {bytes, count};
  int transparent;
  GifFileType *gif = open_gif(&from, &transparent, text);
  if (!gif)
    return 0;
  *header = describe(gif, transparent);
  DGifCloseFile(gif, NULL);
  return 1;
}

/* The channels of an index. As in Pillow, indices beyond the palette are black, and without a palette all are gray of their own
 * value. */
static void put(const ColorMapObject *map, int transparent, int index, int channels, uint8_t *pixel) {
  const GifColorType gray = {(uint8_t)index, (uint8_t)index, (uint8_t)index}, black = {0, 0, 0};
  const GifColorType color = !map ? gray : index < map->ColorCount ? map->Colors[index] : black;
  pixel[0] = color.Red;
  pixel[1] = color.Green;
  pixel[2] = color.Blue;
  if (channels == 4)
    pixel[3] = index == transparent ? 0 : 255;
}

/* The row of the frame that comes at place `n` of the data: interlaced, every eighth first, then those between. */
static int64_t row_at(int64_t n, int64_t height, int is_interlaced) {
  static const int first[] = {0, 4, 2, 1}, step[] = {8, 8, 4, 2};
  if (!is_interlaced)
    return n;
  for (int pass = 0; pass < 4; pass++) {
    const int64_t rows = height > first[pass] ? (height - first[pass] + step[pass] - 1) / step[pass] : 0;
    if (n < rows)
      return first[pass] + n * step[pass];
    n -= rows;
  }
  return height - 1;
}

int apus_gif_decode(const uint8_t *bytes, size_t count, const apus_image_header *header, uint8_t *samples,
                    char text[APUS_IMAGE_TEXT]) {
  source from = {bytes, count};
  int transparent;
  GifFileType *gif = open_gif(&from, &transparent, text);
  if (!gif)
    return 0;
  const apus_image_header again = describe(gif, transparent);
  if (again.height != header->height || again.width != header->width || again.channels != header->channels)
    return failed(gif, text, "another header");
  const GifImageDesc frame = gif->Image;
  const ColorMapObject *map = frame.ColorMap ? frame.ColorMap : gif->SColorMap;
  const int channels = header->channels;
  const int64_t stride = header->width * channels;
  for (int64_t i = 0; i < header->height * header->width; i++)
    put(map, transparent, transparent < 0 ? 0 : transparent, channels, samples + i * channels);
  uint8_t *indices = malloc((size_t)frame.Width + 1);
  if (!indices)
    return failed(gif, text, "no memory");
  for (int64_t n = 0; n < frame.Height; n++) {
    if (DGifGetLine(gif, indices, frame.Width) != GIF_OK) {
      free(indices);
      return failed(gif, text, NULL);
    }
    uint8_t *row = samples + (frame.Top + row_at(n, frame.Height, frame.Interlace)) * stride + frame.Left * channels;
    for (int64_t x = 0; x < frame.Width; x++)
      put(map, transparent, indices[x], channels, row + x * channels);
  }
  free(indices);
  DGifCloseFile(gif, NULL);
  return 1;
}
