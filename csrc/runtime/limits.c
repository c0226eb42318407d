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
