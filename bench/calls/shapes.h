#ifndef APUS_SHAPES_H
#define APUS_SHAPES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Tables of shapes, for the benchmark (bench/shapes.txt) and for the check harness (Tests/kernels/shapes.txt). A line has an
 * operation, a name, whole sizes, and for some operations numbers with a name; # begins a comment:
 *
 *   conv2d  "stride over kernel"  2  6  11x13  10  2  3x4  0  1  1
 *   batch_norm  far  300 20  center=1000
 *
 * Sizes along two axes are one number, or height x width; padding may be top,left,bottom,right besides. */

enum { SHAPE_SIZES = 9, SHAPE_PARTS = 4, SHAPE_NUMBERS = 4 };

typedef struct bench_shape {
  char operation[24], name[80];
  int64_t size[SHAPE_SIZES];              /* of a size with parts the first */
  int64_t part[SHAPE_SIZES][SHAPE_PARTS]; /* height, width; of padding top, left, bottom, right. Alike where one was given */
  double number[SHAPE_NUMBERS];           /* in the operation's order, its default where the line has none: shape_number */
} bench_shape;

typedef struct shape_table {
  bench_shape *lines;
  int count;
} shape_table;

/* Reads a table. 0 where the file cannot be read or a line is wrong; `error` then names the file, the line, what was expected
 * and what was found, and the table is empty. */
int shape_table_read(shape_table *table, const char *path, char *error, size_t size);
/* The same of an open file, which `path` names in errors. */
int shape_table_read_file(shape_table *table, FILE *file, const char *path, char *error, size_t size);
void shape_table_free(shape_table *table);

/* One line, which is cut into words in place. 1: read; 0: nothing but a comment; −1: wrong, and `error` says why. */
int shape_parse(bench_shape *line, char *text, char *error, size_t size);
/* The line of an operation's sizes, the same along every axis. */
bench_shape shape_of(const char *operation, const int64_t *sizes);
/* The number of this name, which the operation must have. */
double shape_number(const bench_shape *line, const char *name);

#endif
