#include "apus_digits.h"

#ifdef __clang__
#pragma clang diagnostic ignored "-Wc23-extensions"
#endif

/* One directive instead of a resource bundle: nothing is looked up on disk at run time, and it compiles in no time. */
static const unsigned char bytes[] = {
#embed "digits.idx.gz"
};

const unsigned char *apus_digits(size_t *byte_count) {
  *byte_count = sizeof bytes;
  return bytes;
}
