#include <stdio.h>

#include <ft2build.h>
#include FT_FREETYPE_H

#include "apus_text.h"

/* Pixels of a line at most: positions of 26.6 bits stay below 2^31, and a caller's text cannot ask for all memory. */
enum { LINE_LIMIT = 1 << 20, SIZE_LIMIT = 1 << 12 };

typedef struct target {
  const apus_text_extent *extent;
  uint8_t *coverage;
} target;

static int because(char *reason, const char *what, FT_Error error) {
  const char *text = FT_Error_String(error); /* NULL in a FreeType without texts */
  snprintf(reason, APUS_TEXT_REASON, "%s: %s (FreeType's error %d)", what, text ? text : "no words for it", error);
  return 0;
}

/* Copies a glyph whose upper left corner is at (left, top). Where glyphs overlap the larger coverage stays. */
static void copy(const FT_Bitmap *glyph, int64_t left, int64_t top, const target *to) {
  for (int64_t y = 0; y < (int64_t)glyph->rows; y++) {
    for (int64_t x = 0; x < (int64_t)glyph->width; x++) {
      const int64_t row = top + y, column = left + x;
      if (row < 0 || row >= to->extent->height || column < 0 || column >= to->extent->width)
        continue;
      const uint8_t value = glyph->buffer[y * glyph->pitch + x];
      uint8_t *pixel = to->coverage + row * to->extent->width + column;
      if (*pixel < value)
        *pixel = value;
    }
  }
}

/* Sets the glyphs one after the other, and with a target copies them there. Returns 1 and the pen's place at the end. */
static int set_line(FT_Face face, const apus_text_line *line, const target *to, int64_t *width, char *reason) {
  int64_t pen = 0; /* in 64ths of a pixel */
  FT_UInt before = 0;
  for (size_t i = 0; i < line->count; i++) {
    const FT_UInt glyph = FT_Get_Char_Index(face, line->text[i]);
    FT_Vector kerning = {0, 0};
    if (before && glyph && FT_HAS_KERNING(face))
      FT_Get_Kerning(face, before, glyph, FT_KERNING_DEFAULT, &kerning);
    pen += kerning.x;
    FT_Error error = FT_Load_Glyph(face, glyph, to ? FT_LOAD_RENDER : FT_LOAD_DEFAULT);
    if (error)
      return because(reason, "a glyph cannot be drawn", error);
    const FT_GlyphSlot slot = face->glyph;
    /* Fonts of pictures have colors, which no coverage holds. */
    if (to && slot->bitmap.pixel_mode == FT_PIXEL_MODE_GRAY)
      copy(&slot->bitmap, (pen + 32) / 64 + slot->bitmap_left, to->extent->ascent - slot->bitmap_top, to);
    pen += slot->advance.x;
    if (pen > (int64_t)LINE_LIMIT * 64) {
      snprintf(reason, APUS_TEXT_REASON, "the line is more than %d pixels long", LINE_LIMIT);
      return 0;
    }
    before = glyph;
  }
  *width = (pen + 63) / 64;
  return 1;
}

static int with_face(FT_Library library, const apus_text_line *line, apus_text_extent *extent, const target *to, char *reason) {
  FT_Face face;
  FT_Error error = FT_New_Memory_Face(library, line->font, (FT_Long)line->font_count, 0, &face);
  if (error)
    return because(reason, "no font", error);
  int64_t width = 0;
  int done = 0;
  error =
      line->size < 1 || line->size > SIZE_LIMIT ? FT_Err_Invalid_Pixel_Size : FT_Set_Pixel_Sizes(face, 0, (FT_UInt)line->size);
  if (error)
    because(reason, "a size that the font does not have", error);
  else
    done = set_line(face, line, to, &width, reason);
  if (done && extent) {
    const FT_Size_Metrics *metrics = &face->size->metrics;
    extent->width = (int32_t)(width < 0 ? 0 : width);
    extent->ascent = (int32_t)((metrics->ascender + 63) / 64);
    extent->height = extent->ascent + (int32_t)((63 - metrics->descender) / 64);
    if (extent->ascent < 0 || extent->height < extent->ascent || extent->height > 16 * SIZE_LIMIT) {
      snprintf(reason, APUS_TEXT_REASON, "an ascender of %ld and a descender of %ld", metrics->ascender, metrics->descender);
      done = 0;
    }
  }
  FT_Done_Face(face);
  return done;
}

static int with_library(const apus_text_line *line, apus_text_extent *extent, const target *to, char *reason) {
  FT_Library library;
  const FT_Error error = FT_Init_FreeType(&library);
  if (error)
    return because(reason, "FreeType does not start", error);
  const int done = with_face(library, line, extent, to, reason);
  FT_Done_FreeType(library);
  return done;
}

int apus_text_measure(const apus_text_line *line, apus_text_extent *extent, char reason[APUS_TEXT_REASON]) {
  return with_library(line, extent, NULL, reason);
}

int apus_text_draw(const apus_text_line *line, const apus_text_extent *extent, uint8_t *coverage, char reason[APUS_TEXT_REASON]) {
  const target to = {.extent = extent, .coverage = coverage};
  return with_library(line, NULL, &to, reason);
}
