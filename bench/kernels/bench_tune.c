/* --tune: the file that APUS_TUNE names (csrc/conv/tune.h), from measurements. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

enum { LINE = 512 };

typedef struct choice {
  char key[LINE], implementation[32];
} choice;

static choice *choices;
static int choice_count;

void bench_tune_add(const char *key, const char *implementation) {
  choice *more = realloc(choices, (size_t)(choice_count + 1) * sizeof *more);
  if (!more) {
    fprintf(stderr, "apus-bench: out of memory\n");
    exit(2);
  }
  choices = more;
  snprintf(choices[choice_count].key, LINE, "%s", key);
  snprintf(choices[choice_count++].implementation, sizeof choices->implementation, "%s", implementation);
}

static int is_replaced(const char *line) {
  for (int i = 0; i < choice_count; i++) {
    size_t length = strlen(choices[i].key);
    if (strncmp(line, choices[i].key, length) == 0 && line[length] == ' ')
      return 1;
  }
  return 0;
}

int bench_tune_write(const char *path) {
  char temporary[4096], line[LINE];
  if (snprintf(temporary, sizeof temporary, "%s.new", path) >= (int)sizeof temporary)
    return 0;
  FILE *out = fopen(temporary, "w"), *old = fopen(path, "r");
  int good = out != NULL;
  /* What was not measured again stays. */
  while (good && old && fgets(line, sizeof line, old))
    if (!is_replaced(line))
      good = fputs(line, out) >= 0;
  if (old)
    fclose(old);
  for (int i = 0; good && i < choice_count; i++)
    good = fprintf(out, "%s %s\n", choices[i].key, choices[i].implementation) > 0;
  if (out)
    good = fclose(out) == 0 && good;
  return good && rename(temporary, path) == 0;
}
