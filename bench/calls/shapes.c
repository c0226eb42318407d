#include "shapes.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of each size, the most parts that it may be given in; then its numbers and their defaults. The comments of shapes.txt say what
 * the sizes are. */
static const struct operation {
  const char *name, *parts;
  struct {
    const char *name;
    double otherwise;
  } numbers[SHAPE_NUMBERS];
} operations[] = {
    {"conv2d", "112122421", {{0}}},
    {"gemm", "11111", {{0}}},
    {"max_pool2d", "121224", {{0}}},
    {"average_pool2d", "121224", {{0}}},
    {"batch_norm", "11", {{"center", 0}}},
    {"group_norm", "1111", {{"center", 0}, {"affine", 1}}},
    {"local_response_norm", "111", {{"alpha", 5e-4}, {"beta", 0.75}, {"k", 2}, {"times", 1}}},
    {"activation", "11", {{0}}},
    {"loss", "11", {{"spread", 1}}},
    {"optimizer", "1", {{0}}},
    {"gradient", "11", {{0}}},
    {"elementwise", "1", {{0}}},
    {"resample", "11111", {{0}}},
    {"image_resize", "1111111", {{0}}},
};

static const struct operation *operation_named(const char *name) {
  for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
    if (strcmp(operations[i].name, name) == 0)
      return &operations[i];
  return NULL;
}

/* The place of a number among the operation's; −1 where it has none of this name. */
static int number_named(const struct operation *operation, const char *name) {
  for (int i = 0; i < SHAPE_NUMBERS && operation->numbers[i].name; i++)
    if (strcmp(operation->numbers[i].name, name) == 0)
      return i;
  return -1;
}

static void begin(bench_shape *line, const struct operation *operation) {
  memset(line, 0, sizeof *line);
  snprintf(line->operation, sizeof line->operation, "%s", operation->name);
  for (int i = 0; i < SHAPE_NUMBERS; i++)
    line->number[i] = operation->numbers[i].otherwise;
}

/* One number is that of every axis, two are height and width, of padding at both ends. */
static void spread(int64_t part[SHAPE_PARTS], int parts) {
  for (int i = parts; i < SHAPE_PARTS; i++)
    part[i] = part[i % parts];
}

bench_shape shape_of(const char *operation, const int64_t *sizes) {
  const struct operation *known = operation_named(operation);
  assert(known);
  bench_shape line;
  begin(&line, known);
  for (int i = 0; known->parts[i]; i++) {
    line.size[i] = line.part[i][0] = sizes[i];
    spread(line.part[i], 1);
  }
  return line;
}

double shape_number(const bench_shape *line, const char *name) {
  const int place = number_named(operation_named(line->operation), name);
  assert(place >= 0);
  return line->number[place];
}

/* ---- a line ----------------------------------------------------------------------------------------------------- */

/* The next word, which may be in quotes; NULL behind the last. */
static char *next_word(char **text) {
  char *word = *text + strspn(*text, " \t");
  if (!*word)
    return NULL;
  const int quoted = *word == '"' && strchr(word + 1, '"');
  word += quoted;
  char *end = word + strcspn(word, quoted ? "\"" : " \t");
  *text = end + (*end != 0);
  *end = 0;
  return word;
}

/* A # outside quotes ends the line. */
static void cut_comment(char *text) {
  int quoted = 0;
  for (; *text && *text != '\n' && (quoted || *text != '#'); text++)
    quoted ^= *text == '"';
  *text = 0;
}

/* 0 where the word is no size of at most `most` parts. */
static int read_size(const char *word, int64_t part[SHAPE_PARTS], int most) {
  const char separator = strchr(word, ',') ? ',' : 'x';
  int parts = 0;
  for (;; word++) {
    char *end;
    if (parts == most || !isdigit((unsigned char)*word))
      return 0;
    errno = 0;
    part[parts++] = strtoll(word, &end, 10);
    if (errno)
      return 0;
    word = end;
    if (!*word)
      break;
    if (*word != separator)
      return 0;
  }
  if (parts > 1 && parts != (separator == ',' ? 4 : 2))
    return 0;
  spread(part, parts);
  return 1;
}

/* NAME=VALUE. */
static int read_number(bench_shape *line, const struct operation *operation, char *word) {
  char *equals = strchr(word, '='), *end;
  *equals = 0;
  const int place = number_named(operation, word);
  *equals = '=';
  if (place < 0)
    return 0;
  line->number[place] = strtod(equals + 1, &end);
  return end > equals + 1 && !*end;
}

int shape_parse(bench_shape *line, char *text, char *error, size_t size) {
  int sizes = 0;
  cut_comment(text);
  char *word = next_word(&text);
  if (!word)
    return 0;
  const struct operation *operation = operation_named(word);
  if (!operation) {
    snprintf(error, size, "there is no operation '%s'", word);
    return -1;
  }
  begin(line, operation);
  const int expected = (int)strlen(operation->parts);
  word = next_word(&text);
  if (!word || strlen(word) >= sizeof line->name || strchr(word, '"')) {
    snprintf(error, size, "expected a name of at most %zu characters, in quotes if it has spaces, found '%s'",
             sizeof line->name - 1, word ? word : "");
    return -1;
  }
  strcpy(line->name, word);
  while ((word = next_word(&text))) {
    if (strchr(word, '=')) {
      if (!read_number(line, operation, word)) {
        snprintf(error, size, "%s has no number '%s'", operation->name, word);
        return -1;
      }
      continue;
    }
    if (sizes < expected && !read_size(word, line->part[sizes], operation->parts[sizes] - '0')) {
      snprintf(error, size, "size %d of %s is '%s', expected whole numbers, at most %c", sizes + 1, operation->name, word,
               operation->parts[sizes]);
      return -1;
    }
    if (sizes < expected)
      line->size[sizes] = line->part[sizes][0];
    sizes++;
  }
  if (sizes == expected)
    return 1;
  snprintf(error, size, "%s takes %d sizes, found %d", operation->name, expected, sizes);
  return -1;
}

/* ---- a table ---------------------------------------------------------------------------------------------------- */

/* 0 where another line of the operation has the name, or no memory is left. */
static int append(shape_table *table, const bench_shape *line, char *error, size_t size) {
  for (int i = 0; i < table->count; i++)
    if (strcmp(table->lines[i].operation, line->operation) == 0 && strcmp(table->lines[i].name, line->name) == 0) {
      snprintf(error, size, "another %s has the name '%s'", line->operation, line->name);
      return 0;
    }
  bench_shape *lines = realloc(table->lines, (size_t)(table->count + 1) * sizeof *lines);
  if (!lines) {
    snprintf(error, size, "out of memory");
    return 0;
  }
  lines[table->count++] = *line;
  table->lines = lines;
  return 1;
}

int shape_table_read_file(shape_table *table, FILE *file, const char *path, char *error, size_t size) {
  char text[256], why[256];
  int good = 1;
  *table = (shape_table){NULL, 0};
  for (int number = 1; good && fgets(text, sizeof text, file); number++) {
    bench_shape line;
    int parsed = -1;
    if (!strchr(text, '\n') && !feof(file))
      snprintf(why, sizeof why, "expected at most %zu characters", sizeof text - 2);
    else if ((parsed = shape_parse(&line, text, why, sizeof why)) == 1 && !append(table, &line, why, sizeof why))
      parsed = -1;
    good = parsed >= 0;
    if (!good)
      snprintf(error, size, "%s:%d: %s", path, number, why);
  }
  if (good && ferror(file)) {
    snprintf(error, size, "cannot read %s to its end", path);
    good = 0;
  }
  if (!good)
    shape_table_free(table);
  return good;
}

int shape_table_read(shape_table *table, const char *path, char *error, size_t size) {
  FILE *file = fopen(path, "r");
  *table = (shape_table){NULL, 0};
  if (!file) {
    snprintf(error, size, "cannot read %s: %s", path, strerror(errno));
    return 0;
  }
  const int good = shape_table_read_file(table, file, path, error, size);
  fclose(file);
  return good;
}

void shape_table_free(shape_table *table) {
  free(table->lines);
  *table = (shape_table){NULL, 0};
}
