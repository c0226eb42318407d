/* The table of APUS_TUNE. */

#include "conv/tune.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apus/runtime.h"
#include "runtime/environment.h"
#include "runtime/status.h"

enum { NUMBERS = 16, KEY = NUMBERS + 4, LINE = 512 };

static const char *const pass_names[] = {"forward", "backward_data", "backward_weights"};
static const char *const precision_names[] = {"default", "strict", "bf16"};

typedef struct entry {
  int64_t key[KEY]; /* pass, tier, threads, precision, shape */
  int implementation, line;
} entry;

typedef struct table {
  entry *entries;
  int64_t count;
  apus_error error; /* of reading */
} table;

/* Not the plan's threads: an implementation may have taken fewer. */
static void key_of(const apus_conv2d_plan *plan, int64_t key[KEY]) {
  const apus_conv2d *s = &plan->shape;
  const int64_t values[KEY] = {
      (int64_t)plan->pass,
      plan->isa,
      apus_thread_count(),
      (int64_t)plan->options.precision,
      s->batch,
      s->height,
      s->width,
      s->in_channels,
      s->out_channels,
      s->kernel_h,
      s->kernel_w,
      s->stride_h,
      s->stride_w,
      s->dilation_h,
      s->dilation_w,
      s->pad_top,
      s->pad_left,
      s->pad_bottom,
      s->pad_right,
      s->groups,
  };
  memcpy(key, values, sizeof values);
}

static int by_key(const void *a, const void *b) {
  return memcmp(((const entry *)a)->key, ((const entry *)b)->key, KEY * sizeof(int64_t));
}

int apus_conv2d_tune_key(const apus_conv2d_plan *plan, char *buffer, size_t size) {
  int64_t key[KEY];
  key_of(plan, key);
  int used = snprintf(buffer, size, "conv2d %s %s %" PRId64 " %s", pass_names[plan->pass], apus_isa_name((apus_isa)plan->isa),
                      key[2], precision_names[plan->options.precision]);
  for (int i = KEY - NUMBERS; i < KEY && used >= 0 && (size_t)used < size; i++) {
    int more = snprintf(buffer + used, size - (size_t)used, " %" PRId64, key[i]);
    used = more < 0 ? more : used + more;
  }
  return used;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static char *next_word(char **rest) {
  char *word = *rest + strspn(*rest, " \t");
  *rest = word + strcspn(word, " \t");
  if (**rest)
    *(*rest)++ = 0;
  return word;
}

static int place_of(const char *word, const char *const *names, int count) {
  for (int i = 0; i < count; i++)
    if (strcmp(word, names[i]) == 0)
      return i;
  return -1;
}

static int number(const char *word, int64_t *value) {
  char *end;
  *value = strtoll(word, &end, 10);
  return *word && !*end && *value >= 0;
}

/* What is wrong with the line; NULL: nothing. */
static const char *parse(char *line, entry *e) {
  const char *isa_names[APUS_ISA_COUNT], *implementations[APUS_CONV2D_IMPLEMENTATIONS];
  for (int i = 0; i < APUS_ISA_COUNT; i++)
    isa_names[i] = apus_isa_name((apus_isa)i);
  for (int i = 0; i < APUS_CONV2D_IMPLEMENTATIONS; i++)
    implementations[i] = apus_conv2d_implementation_name((apus_conv2d_implementation)i);
  if (strcmp(next_word(&line), "conv2d") != 0)
    return "an entry begins with conv2d";
  if ((e->key[0] = place_of(next_word(&line), pass_names, 3)) < 0)
    return "the second word must be a pass";
  if ((e->key[1] = place_of(next_word(&line), isa_names, APUS_ISA_COUNT)) < 0)
    return "the third word must be a tier";
  if (!number(next_word(&line), &e->key[2]))
    return "the fourth word must be a number of threads";
  if ((e->key[3] = place_of(next_word(&line), precision_names, APUS_PRECISION_BF16 + 1)) < 0)
    return "the fifth word must be a precision";
  for (int i = KEY - NUMBERS; i < KEY; i++)
    if (!number(next_word(&line), &e->key[i]))
      return "16 sizes must follow the precision";
  if ((e->implementation = place_of(next_word(&line), implementations, APUS_CONV2D_IMPLEMENTATIONS)) < 0)
    return "the sizes must be followed by an implementation";
  return *next_word(&line) ? "there is more than an entry" : NULL;
}

static void read_table(table *t, const char *path) {
  FILE *file = fopen(path, "r");
  char line[LINE];
  int64_t room = 0;
  if (!file) {
    apus_fail(&t->error, APUS_INVALID_ARGUMENT, "APUS_TUNE: cannot read %s", path);
    return;
  }
  for (int n = 1; t->error.code == APUS_OK && fgets(line, sizeof line, file); n++) {
    const int whole = strchr(line, '\n') != NULL || feof(file);
    line[strcspn(line, "#\r\n")] = 0;
    if (whole && line[strspn(line, " \t")] == 0)
      continue;
    if (t->count == room) {
      entry *more = realloc(t->entries, (size_t)(room = 2 * room + 64) * sizeof *more);
      if (!more) {
        apus_fail(&t->error, APUS_OUT_OF_MEMORY, "APUS_TUNE: no memory for %s", path);
        break;
      }
      t->entries = more;
    }
    entry *e = &t->entries[t->count++];
    const char *fault = whole ? parse(line, e) : "the line is too long";
    e->line = n;
    if (fault)
      apus_fail(&t->error, APUS_INVALID_ARGUMENT, "APUS_TUNE: %s:%d: %s", path, n, fault);
  }
  fclose(file);
  if (t->error.code != APUS_OK)
    return;
  if (t->count > 0)
    qsort(t->entries, (size_t)t->count, sizeof *t->entries, by_key);
  for (int64_t i = 1; i < t->count; i++)
    if (by_key(&t->entries[i - 1], &t->entries[i]) == 0) {
      apus_fail(&t->error, APUS_INVALID_ARGUMENT, "APUS_TUNE: %s:%d and %d: two entries for one convolution", path,
                t->entries[i - 1].line, t->entries[i].line);
      return;
    }
}

/* Read by whoever comes first; another that reads at the same time gives its own up. Kept as long as the process lives. */
static const table *tuned_table(const char *path) {
  static table *_Atomic read;
  table *t = atomic_load_explicit(&read, memory_order_acquire);
  if (t)
    return t;
  table *mine = calloc(1, sizeof *mine);
  if (!mine)
    return NULL;
  read_table(mine, path);
  if (atomic_compare_exchange_strong(&read, &t, mine))
    return mine;
  free(mine->entries);
  free(mine);
  return t;
}

apus_status apus_conv2d_tuned(const apus_conv2d_plan *plan, int *implementation, int *line, apus_error *error) {
  const char *path = apus_tune_path();
  *implementation = -1;
  if (!path)
    return APUS_OK;
  const table *t = tuned_table(path);
  if (!t)
    return apus_fail(error, APUS_OUT_OF_MEMORY, "APUS_TUNE: no memory for %s", path);
  if (t->error.code != APUS_OK)
    return apus_fail(error, t->error.code, "%s", t->error.text);
  entry key;
  key_of(plan, key.key);
  const entry *found = t->count ? bsearch(&key, t->entries, (size_t)t->count, sizeof key, by_key) : NULL;
  if (found) {
    *implementation = found->implementation;
    *line = found->line;
  }
  return APUS_OK;
}
