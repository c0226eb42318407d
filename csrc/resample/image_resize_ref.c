/* apus/image_resize.h as it is written there, pixel by pixel. */

#include "apus/reference/image_resize.h"

#include <math.h>

static float across(const apus_image_resize *s, const uint8_t *x, int64_t row, int64_t column, int channel) {
  float sum = 0;
  for (int64_t t = 0; t < s->across.taps; t++)
    sum += s->across.weights[column * s->across.taps + t] *
           (float)x[row * s->stride + (s->across.first[column] + t) * s->channels + channel];
  return sum;
}

void apus_image_resize_reference(const apus_image_resize *s, const uint8_t *x, uint8_t *y) {
  for (int64_t o = 0; o < s->down.size; o++)
    for (int64_t p = 0; p < s->across.size; p++)
      for (int c = 0; c < s->channels; c++) {
        float sum = 0;
        for (int64_t t = 0; t < s->down.taps; t++)
          sum += s->down.weights[o * s->down.taps + t] * across(s, x, s->down.first[o] + t, p, c);
        y[(o * s->across.size + p) * s->channels + c] = (uint8_t)fminf(fmaxf(roundf(sum), 0), 255);
      }
}
