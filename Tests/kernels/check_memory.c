/* The memory of a case: every tensor lies between guards whose bytes are known. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_internal.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ADDRESS_SANITIZER
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define HAS_ADDRESS_SANITIZER
#endif

#ifdef HAS_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

#define GUARD 256    /* bytes before and after */
#define ALIGNMENT 64 /* of the whole block */
#define MAX_ARRAYS 256
#define POISON_BYTE 0xA5

/* A NaN with this pattern is what a guard and an unwritten output hold. */
static const uint32_t poison_word = 0x7FA5A5A5u;

typedef enum array_kind { ARRAY_PLAIN, ARRAY_INPUT, ARRAY_OUTPUT, ARRAY_SCRATCH } array_kind;

typedef struct array {
  array_kind kind;
  unsigned char *block, *data;
  size_t block_bytes, bytes;
  int is_float;
  void *initial; /* what an output holds before each run; NULL: poison */
  void *copy;    /* an input as it was before, an output as the first run left it */
} array;

static array arrays[MAX_ARRAYS];
static int array_count;

static void *allocate(size_t bytes) {
  void *pointer = apus_alloc(bytes);
  if (!pointer) {
    fprintf(stderr, "apus-check: out of memory (%zu bytes)\n", bytes);
    exit(2);
  }
  return pointer;
}

/* In copies that double: word by word it was a quarter of an instrumented run. */
static void poison(void *pointer, size_t bytes, int is_float) {
  if (!is_float) {
    memset(pointer, POISON_BYTE, bytes);
    return;
  }
  unsigned char *to = pointer;
  const size_t end = bytes / sizeof poison_word * sizeof poison_word;
  if (end > 0)
    memcpy(to, &poison_word, sizeof poison_word);
  for (size_t done = sizeof poison_word, more; done < end; done += more) {
    more = end - done < done ? end - done : done;
    memcpy(to + done, to, more);
  }
}

static void forbid_guards(const array *a) {
  ASAN_POISON_MEMORY_REGION(a->block, (size_t)(a->data - a->block));
  ASAN_POISON_MEMORY_REGION(a->data + a->bytes, a->block_bytes - (size_t)(a->data - a->block) - a->bytes);
}

int check_mark(void) { return array_count; }

void check_release(int mark) {
  while (array_count > mark) {
    array *a = &arrays[--array_count];
    ASAN_UNPOISON_MEMORY_REGION(a->block, a->block_bytes);
    apus_free(a->block);
    apus_free(a->initial);
    apus_free(a->copy);
  }
}

static array *new_array(array_kind kind, int element_bytes, int64_t count, int is_float) {
  if (array_count == MAX_ARRAYS) {
    fprintf(stderr, "apus-check: a case has more than %d arrays\n", MAX_ARRAYS);
    exit(2);
  }
  array *a = &arrays[array_count++];
  memset(a, 0, sizeof *a);
  a->kind = kind;
  a->bytes = (size_t)element_bytes * (size_t)count;
  a->is_float = is_float;
  if (kind == ARRAY_PLAIN) {
    a->block_bytes = a->bytes;
    a->block = a->data = allocate(a->bytes);
    return a;
  }
  /* One in four is aligned to 64 bytes, as tensors usually are; the others to their element only. */
  int64_t elements_off = check_random_int(0, 3) == 0 ? 0 : check_random_int(1, 15);
  size_t offset = kind == ARRAY_SCRATCH ? 0 : (size_t)(element_bytes * elements_off);
  a->block_bytes = (GUARD + offset + a->bytes + GUARD + 7) / 8 * 8;
  a->block = allocate(a->block_bytes);
  a->data = a->block + GUARD + offset;
  poison(a->block, a->block_bytes, is_float);
  forbid_guards(a);
  return a;
}

float *check_input(int64_t count) { return (float *)new_array(ARRAY_INPUT, sizeof(float), count, 1)->data; }
uint8_t *check_input_bytes(int64_t count) { return new_array(ARRAY_INPUT, 1, count, 0)->data; }
int32_t *check_input_ints(int64_t count) { return (int32_t *)new_array(ARRAY_INPUT, sizeof(int32_t), count, 0)->data; }

static void *new_output(int element_bytes, int64_t count, const void *initial, int is_float) {
  array *a = new_array(ARRAY_OUTPUT, element_bytes, count, is_float);
  if (initial) {
    a->initial = allocate(a->bytes);
    memcpy(a->initial, initial, a->bytes);
    memcpy(a->data, initial, a->bytes);
  }
  return a->data;
}

float *check_output(int64_t count, const float *initial) { return new_output(sizeof(float), count, initial, 1); }
uint8_t *check_output_bytes(int64_t count) { return new_output(1, count, NULL, 0); }
int32_t *check_output_ints(int64_t count) { return new_output(sizeof(int32_t), count, NULL, 0); }
void *check_output_raw(int element_bytes, int64_t count, const void *initial) {
  return new_output(element_bytes, count, initial, 0);
}
void *check_scratch(size_t bytes) { return new_array(ARRAY_SCRATCH, 1, (int64_t)bytes, 1)->data; }

double *check_doubles(int64_t count) {
  array *a = new_array(ARRAY_PLAIN, sizeof(double), count, 0);
  memset(a->data, 0, a->bytes);
  return (double *)a->data;
}

float *check_copy(const float *x, int64_t count) {
  array *a = new_array(ARRAY_PLAIN, sizeof(float), count, 1);
  memcpy(a->data, x, a->bytes);
  return (float *)a->data;
}

double *check_widen(const float *x, int64_t count) {
  double *wide = check_doubles(count);
  for (int64_t i = 0; i < count; i++)
    wide[i] = x[i];
  return wide;
}

double *check_magnitude(const float *x, int64_t count) {
  double *wide = check_doubles(count);
  for (int64_t i = 0; i < count; i++)
    wide[i] = fabs(x[i]);
  return wide;
}

void check_memory_before_run(int first) {
  for (int i = 0; i < array_count; i++) {
    array *a = &arrays[i];
    if (a->kind == ARRAY_OUTPUT && a->initial)
      memcpy(a->data, a->initial, a->bytes);
    else if (a->kind == ARRAY_OUTPUT || a->kind == ARRAY_SCRATCH)
      poison(a->data, a->bytes, a->is_float);
    else if (a->kind == ARRAY_INPUT && first) {
      if (!a->copy)
        a->copy = allocate(a->bytes);
      memcpy(a->copy, a->data, a->bytes);
    }
  }
}

/* The offset of the first byte of [from, to) that is no poison, or −1. */
static int64_t first_touched(const array *a, size_t from, size_t to) {
  for (size_t i = from; i < to; i++) {
    unsigned char want = POISON_BYTE;
    if (a->is_float)
      memcpy(&want, (const unsigned char *)&poison_word + i % sizeof poison_word, 1);
    if (a->block[i] != want)
      return (int64_t)i;
  }
  return -1;
}

static const char *kind_name(array_kind kind) {
  return kind == ARRAY_INPUT ? "input" : kind == ARRAY_OUTPUT ? "output" : "scratch";
}

int check_memory_after_run(int first, char *text, size_t size) {
  for (int i = 0; i < array_count; i++) {
    array *a = &arrays[i];
    if (a->kind == ARRAY_PLAIN)
      continue;
    size_t begin = (size_t)(a->data - a->block), end = begin + a->bytes;
    ASAN_UNPOISON_MEMORY_REGION(a->block, a->block_bytes);
    int64_t before = first_touched(a, 0, begin), after = first_touched(a, end, a->block_bytes);
    forbid_guards(a);
    if (before >= 0 || after >= 0) {
      snprintf(text, size, "array %d (%s of %zu bytes): the byte %lld %s it was written to", i, kind_name(a->kind), a->bytes,
               (long long)(before >= 0 ? (int64_t)begin - before : after - (int64_t)end + 1), before >= 0 ? "before" : "behind");
      return 0;
    }
    if (a->kind == ARRAY_INPUT && memcmp(a->copy, a->data, a->bytes) != 0) {
      snprintf(text, size, "array %d (input of %zu bytes) was written to", i, a->bytes);
      return 0;
    }
    if (a->kind == ARRAY_OUTPUT && first) {
      if (!a->copy)
        a->copy = allocate(a->bytes);
      memcpy(a->copy, a->data, a->bytes);
    } else if (a->kind == ARRAY_OUTPUT && memcmp(a->copy, a->data, a->bytes) != 0) {
      size_t byte = 0;
      while (((unsigned char *)a->copy)[byte] == a->data[byte])
        byte++;
      snprintf(text, size,
               "array %d (output of %zu bytes): bits differ from those of the first run (one thread, stores through the caches) "
               "at byte %zu",
               i, a->bytes, byte);
      return 0;
    }
  }
  return 1;
}
