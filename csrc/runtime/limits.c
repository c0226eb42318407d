#include "runtime/limits.h"

#include <inttypes.h>
#include <stdio.h>

#include "runtime/status.h"

apus_status apus_check_sizes(const char *operation, const apus_size *sizes, int count, int64_t most, apus_error *error) {
  for (int i = 0; i < count; i++)
    if (sizes[i].value < sizes[i].least)
      return apus_fail(error, APUS_INVALID_ARGUMENT, "%s: %s is %" PRId64 ", must be at least %" PRId64, operation, sizes[i].name,
                       sizes[i].value, sizes[i].least);
  for (int i = 0; i < count; i++)
    if (sizes[i].value > most)
      return apus_fail(error, APUS_OVERFLOW, "%s: %s is %" PRId64 ", must be at most %" PRId64, operation, sizes[i].name,
                       sizes[i].value, most);
  return APUS_OK;
}

apus_status apus_check_elements(const char *operation, const char *what, const int64_t *sizes, int count, apus_error *error) {
  int64_t elements;
  for (int i = 0; i < count; i++)
    if (sizes[i] == 0)
      return APUS_OK; /* whatever the others are */
  if (apus_size_product(&elements, sizes, count) && elements <= APUS_MAX_ELEMENTS)
    return APUS_OK;
  char text[112] = "";
  for (int i = 0, used = 0; i < count && used >= 0 && used < (int)sizeof text; i++)
    used += snprintf(text + used, sizeof text - (size_t)used, "%s%" PRId64, i ? ", " : "", sizes[i]);
  return apus_fail(error, APUS_OVERFLOW, "%s: %s [%s] has more elements than %" PRId64, operation, what, text, APUS_MAX_ELEMENTS);
}

static int64_t span(apus_side s) { return s.dilation * (s.kernel - 1) + 1; }

apus_status apus_count_windows(const char *operation, apus_side h, apus_side w, int64_t *out_h, int64_t *out_w,
                               apus_error *error) {
  if (span(h) <= h.padded && span(w) <= w.padded) {
    *out_h = (h.padded - span(h)) / h.stride + 1;
    *out_w = (w.padded - span(w)) / w.stride + 1;
    return APUS_OK;
  }
  if (span(h) == h.kernel && span(w) == w.kernel)
    return apus_fail(error, APUS_INVALID_ARGUMENT,
                     "%s: kernel %" PRId64 "x%" PRId64 " is larger than the padded input %" PRId64 "x%" PRId64, operation,
                     h.kernel, w.kernel, h.padded, w.padded);
  return apus_fail(error, APUS_INVALID_ARGUMENT,
                   "%s: kernel %" PRId64 "x%" PRId64 ", which spans %" PRId64 "x%" PRId64 " with dilation %" PRId64 "x%" PRId64
                   ", is larger than the padded input %" PRId64 "x%" PRId64,
                   operation, h.kernel, w.kernel, span(h), span(w), h.dilation, w.dilation, h.padded, w.padded);
}
