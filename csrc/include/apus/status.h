#ifndef APUS_STATUS_H
#define APUS_STATUS_H

/* Status codes and error texts. A function that can fail takes an `apus_error *` of the caller's (it may be NULL),
 * writes code and text there and returns the code. Nothing is global, nothing is printed. */

#ifdef __cplusplus
extern "C" {
#endif

typedef enum apus_status {
  APUS_OK = 0,
  APUS_INVALID_ARGUMENT = 1, /* a size, stride or option that has no meaning */
  APUS_UNSUPPORTED = 2,      /* meaningful, but no implementation takes it (or APUS_FORCE names one that refuses) */
  APUS_OVERFLOW = 3,         /* a size, or a product of sizes, beyond the bounds of apus/limits.h */
  APUS_OUT_OF_MEMORY = 4
} apus_status;

typedef struct apus_error {
  apus_status code;
  char text[256]; /* one line, no newline, always terminated */
} apus_error;

/* A status in words, for a program's messages: "ok", "invalid argument", "unsupported", "size overflow", "out of memory"; of any
 * other number "unknown status". A constant string. What is wrong, with its numbers, is in apus_error's text. */
const char *apus_status_name(apus_status status);

#ifdef __cplusplus
}
#endif
#endif
