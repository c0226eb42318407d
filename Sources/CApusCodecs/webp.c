#include <stdio.h>
#include <string.h>
#include <webp/decode.h>
#include <webp/demux.h>

#include "apus_codecs.h"

static int failed(WebPDemuxer *demuxer, char *text, const char *message) {
  WebPDemuxDelete(demuxer);
  snprintf(text, APUS_IMAGE_TEXT, "%s", message);
  return 0;
}

int apus_webp_header(const uint8_t *bytes, size_t count, apus_image_header *header, char text[APUS_IMAGE_TEXT]) {
  const WebPData data = {bytes, count};
  WebPDemuxer *demuxer = WebPDemux(&data);
  if (!demuxer)
    return failed(NULL, text, "the file ends early, or is corrupt");
  const int64_t height = WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_HEIGHT), width = WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_WIDTH);
  /* A lossless image is decoded to four bytes a pixel once more. */
  *header = (apus_image_header){height, width, 4, 0, 4 * height * width};
  WebPDemuxDelete(demuxer);
  return 1;
}

int apus_webp_decode(const uint8_t *bytes, size_t count, const apus_image_header *header, uint8_t *samples,
                     char text[APUS_IMAGE_TEXT]) {
  const WebPData data = {bytes, count};
  const int64_t stride = 4 * header->width, total = stride * header->height;
  WebPIterator frame;
  WebPDemuxer *demuxer = WebPDemux(&data);
  if (!demuxer)
    return failed(NULL, text, "the file ends early, or is corrupt");
  if (!WebPDemuxGetFrame(demuxer, 1, &frame))
    return failed(demuxer, text, "no frame");
  const int64_t right = (int64_t)frame.x_offset + frame.width, bottom = (int64_t)frame.y_offset + frame.height;
  int is_whole = 0;
  if (right <= header->width && bottom <= header->height) {
    const int64_t offset = frame.y_offset * stride + 4 * (int64_t)frame.x_offset;
    /* The canvas around a smaller frame is transparent. */
    memset(samples, 0, (size_t)total);
    is_whole = WebPDecodeRGBAInto(frame.fragment.bytes, frame.fragment.size, samples + offset, (size_t)(total - offset),
                                  (int)stride) != NULL;
  }
  WebPDemuxReleaseIterator(&frame);
  if (!is_whole)
    return failed(demuxer, text, "corrupt data of its frame");
  WebPDemuxDelete(demuxer);
  return 1;
}
