#ifndef APUS_TEXT_H
#define APUS_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* A line of text drawn by FreeType with a font file in memory. C, since FreeType's flags are macros that Swift does not import.
 * Nothing is kept between calls, and threads may call at once. */

enum { APUS_TEXT_REASON = 128 };

typedef struct apus_text_line {
  const uint8_t *font; /* a TrueType, OpenType or other file that FreeType reads */
  size_t font_count;
  int32_t size;         /* pixels of the em square, which is about the height of a line */
  const uint32_t *text; /* code points */
  size_t count;
} apus_text_line;

/* What a line takes: `width` pixels from the pen's start, and rows from the font's ascender to its descender, of which `ascent`
 * are above the baseline. Glyphs may reach beyond. */
typedef struct apus_text_extent {
  int32_t width, height, ascent;
} apus_text_extent;

/* Both return 1, or 0 with the reason in `reason`. A character that the font lacks is drawn as the font draws what it lacks. */
int apus_text_measure(const apus_text_line *line, apus_text_extent *extent, char reason[APUS_TEXT_REASON]);

/* `coverage` has extent->height rows of extent->width numbers, 0 before: each becomes how much of the pixel is covered, 0 to 255.
 * What reaches beyond is left out. */
int apus_text_draw(const apus_text_line *line, const apus_text_extent *extent, uint8_t *coverage, char reason[APUS_TEXT_REASON]);

#endif
