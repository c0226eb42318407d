/* Driver: rows are scaled across when the first output that needs them comes, and kept as long as one does. */

#include "apus/image_resize.h"
#include "apus/reference/image_resize.h"

#include "apus/runtime.h"
#include "resample/kernels.h"
#include "runtime/integers.h"
#include "runtime/limits.h"
#include "runtime/status.h"

static const apus_image_kernels *const tiers[APUS_ISA_COUNT] = {
    [APUS_ISA_GENERIC] = &apus_image_generic,
#if defined(__x86_64__)
    [APUS_ISA_AVX2] = &apus_image_avx2,
    [APUS_ISA_AVX512] = &apus_image_avx512,
#elif defined(__aarch64__)
    [APUS_ISA_NEON] = &apus_image_neon,
#endif
};

/* Floats behind a row that vectors may read or write. */
enum { BEHIND = 16 };

static apus_status check_taps(const char *axis, const apus_taps *table, int64_t size, apus_error *error) {
  const int64_t weights[] = {table->size, table->taps};
  const apus_status status = apus_check_elements("image resize", "a table of weights", weights, 2, error);
  if (status != APUS_OK)
    return status;
  for (int64_t o = 0; o < table->size; o++)
    if (table->first[o] < 0 || table->first[o] > size - table->taps)
      return apus_fail(error, APUS_INVALID_ARGUMENT, "image resize: output %lld %s takes pixels %lld to %lld of %lld",
                       (long long)o, axis, (long long)table->first[o], (long long)(table->first[o] + table->taps - 1),
                       (long long)size);
  return APUS_OK;
}

apus_status apus_image_resize_check(const apus_image_resize *s, apus_error *error) {
  const apus_size sizes[] = {{"height", s->height, 1},          {"width", s->width, 1},           {"stride", s->stride, 1},
                             {"out_height", s->down.size, 1},   {"out_width", s->across.size, 1}, {"taps_down", s->down.taps, 1},
                             {"taps_across", s->across.taps, 1}};
  const int64_t channels = s->channels;
  apus_status status = apus_check_sizes("image resize", sizes, sizeof sizes / sizeof sizes[0], APUS_MAX_ELEMENTS, error);
  if (status != APUS_OK)
    return status;
  if (channels < 1 || channels > 4)
    return apus_fail(error, APUS_INVALID_ARGUMENT, "image resize: %d channels, must be 1 to 4", s->channels);
  const int64_t x[] = {s->height, s->stride}, y[] = {s->down.size, s->across.size, channels},
                rows[] = {s->down.taps, s->across.size + BEHIND, channels}, row[] = {s->width + BEHIND, channels};
  if ((status = apus_check_elements("image resize", "x", x, 2, error)) != APUS_OK ||
      (status = apus_check_elements("image resize", "a row of x", row, 2, error)) != APUS_OK ||
      (status = apus_check_elements("image resize", "y", y, 3, error)) != APUS_OK ||
      (status = apus_check_elements("image resize", "the scaled rows", rows, 3, error)) != APUS_OK)
    return status;
  if (s->stride < s->width * channels)
    return apus_fail(error, APUS_INVALID_ARGUMENT, "image resize: rows are %lld bytes apart, must be at least %lld",
                     (long long)s->stride, (long long)(s->width * channels));
  if ((status = check_taps("down", &s->down, s->height, error)) != APUS_OK ||
      (status = check_taps("across", &s->across, s->width, error)) != APUS_OK)
    return status;
  for (int64_t o = 1; o < s->down.size; o++)
    if (s->down.first[o] < s->down.first[o - 1])
      return apus_fail(error, APUS_INVALID_ARGUMENT, "image resize: output %lld down begins above the one before it",
                       (long long)o);
  return apus_succeed(error);
}

static int64_t row_floats(const apus_image_resize *s) { return s->width * s->channels + BEHIND; }

static int64_t wide_floats(const apus_image_resize *s) { return s->across.size * s->channels + BEHIND; }

size_t apus_image_resize_scratch(const apus_image_resize *s) {
  return (size_t)(row_floats(s) + s->down.taps * wide_floats(s)) * sizeof(float) + (size_t)s->down.taps * sizeof(float *);
}

void apus_image_resize_run(const apus_image_resize *s, const uint8_t *x, uint8_t *y, void *scratch) {
  const apus_image_kernels *kernels = tiers[apus_isa_current()];
  if (!kernels) {
    apus_image_resize_reference(s, x, y);
    return;
  }
  const int64_t taps = s->down.taps, count = s->across.size * s->channels, behind = row_floats(s);
  const float **rows = scratch;
  float *row = (float *)(rows + taps), *wide = row + behind;
  for (int64_t j = 0; j < BEHIND; j++)
    row[s->width * s->channels + j] = 0;
  /* Row i of x lies, scaled, in place i modulo the taps. */
  for (int64_t o = 0, next = 0; o < s->down.size; o++) {
    const int64_t first = s->down.first[o];
    for (next = apus_max(next, first); next < first + taps; next++) {
      float *to = wide + next % taps * wide_floats(s);
      kernels->widen(s->width * s->channels, x + next * s->stride, row);
      kernels->across(&s->across, s->channels, row, to);
      for (int64_t j = 0; j < BEHIND; j++)
        to[count + j] = 0;
    }
    for (int64_t t = 0; t < taps; t++)
      rows[t] = wide + (first + t) % taps * wide_floats(s);
    kernels->down(count, taps, s->down.weights + o * taps, rows, y + o * count);
  }
}
