#include "runtime/environment.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const char unread[1];

/* The variable's text or NULL, as it was at the first call. Relaxed: threads that come first together find the same text, which
 * was there before any of them. */
static const char *once(const char *_Atomic *value, const char *variable) {
  const char *text = atomic_load_explicit(value, memory_order_relaxed);
  if (text == unread) {
    text = getenv(variable);
    atomic_store_explicit(value, text, memory_order_relaxed);
  }
  return text;
}

/* Finds "key" as one of the comma-separated words of text; gives what follows it. */
static const char *find_word(const char *text, const char *key) {
  size_t length = strlen(key);
  for (; text && *text; text += *text == ',') {
    if (strncmp(text, key, length) == 0)
      return text + length;
    text += strcspn(text, ",");
  }
  return NULL;
}

int apus_forced_implementation(const char *operation, char *name, size_t size) {
  static const char *_Atomic value = unread;
  const char *word = once(&value, "APUS_FORCE");
  for (; (word = find_word(word, operation)); word += strcspn(word, ","))
    if (*word == ':') {
      size_t length = strcspn(word + 1, ",");
      if (length >= size)
        length = size - 1;
      memcpy(name, word + 1, length);
      name[length] = 0;
      return 1;
    }
  return 0;
}

const char *apus_tune_path(void) {
  static const char *_Atomic value = unread;
  const char *path = once(&value, "APUS_TUNE");
  return path && *path ? path : NULL;
}

int apus_verbose_plans(void) {
  static const char *_Atomic value = unread;
  const char *rest = find_word(once(&value, "APUS_VERBOSE"), "plan");
  return rest && (*rest == 0 || *rest == ',');
}
