#ifndef APUS_DIGITS_H
#define APUS_DIGITS_H

#include <stddef.h>

/* The UCI handwritten digits: gzip over an IDX file of images (uint8 [1797, 8, 8], values 0...16) followed by an IDX file of
 * labels (uint8 [1797]). Made by Scripts/make-digits.py; license in LICENSE-digits.txt. */
const unsigned char *apus_digits(size_t *byte_count);

#endif
