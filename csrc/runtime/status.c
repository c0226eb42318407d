#include "runtime/status.h"

#include <stdarg.h>
#include <stdio.h>

const char *apus_status_name(apus_status status) {
  switch (status) {
  case APUS_OK:
    return "ok";
  case APUS_INVALID_ARGUMENT:
    return "invalid argument";
  case APUS_UNSUPPORTED:
    return "unsupported";
  case APUS_OVERFLOW:
    return "size overflow";
  case APUS_OUT_OF_MEMORY:
    return "out of memory";
  }
  return "unknown status";
}

apus_status apus_fail(apus_error *error, apus_status code, const char *format, ...) {
  if (error) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    error->code = code;
  }
  return code;
}

apus_status apus_succeed(apus_error *error) {
  if (error) {
    error->code = APUS_OK;
    error->text[0] = 0;
  }
  return APUS_OK;
}

int apus_size_product(int64_t *result, const int64_t *sizes, int count) {
  int64_t product = 1;
  for (int i = 0; i < count; i++)
    if (sizes[i] < 0 || __builtin_mul_overflow(product, sizes[i], &product))
      return 0;
  *result = product;
  return 1;
}
