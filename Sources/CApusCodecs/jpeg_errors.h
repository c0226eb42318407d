#ifndef JPEG_ERRORS_H
#define JPEG_ERRORS_H

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include "apus_codecs.h"

/* How libjpeg's errors come back to who reads or writes: by a jump, with libjpeg's own words in `text`. */
typedef struct errors {
  struct jpeg_error_mgr base;
  jmp_buf escape;
  char *text;
} errors;

static void leave(j_common_ptr info) {
  errors *e = (errors *)info->err;
  char message[JMSG_LENGTH_MAX];
  info->err->format_message(info, message);
  snprintf(e->text, APUS_IMAGE_TEXT, "%s", message);
  longjmp(e->escape, 1);
}

#endif
