/* The reader of tables of shapes: what a line means, and that a malformed one is refused by its place. */
#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "check.h"

static int parse(bench_shape *line, const char *text, char error[256]) {
  char copy[256];
  snprintf(copy, sizeof copy, "%s", text);
  error[0] = 0;
  return shape_parse(line, copy, error, 256);
}

static void check_parts(const bench_shape *line, int place, int64_t a, int64_t b, int64_t c, int64_t d) {
  const int64_t *part = line->part[place];
  check_that(part[0] == a && part[1] == b && part[2] == c && part[3] == d && line->size[place] == a,
             "size %d is %lld %lld %lld %lld", place, (long long)part[0], (long long)part[1], (long long)part[2],
             (long long)part[3]);
}

static void check_accepted(void) {
  if (!check_case("lines read", "names, sizes with parts, numbers, comments"))
    return;
  bench_shape line;
  char error[256];
  check_that(parse(&line, "conv2d \t\"a # name\" 2 3 5x7 4 3 1x2 1,2,3,4 2 1 # comment\n", error) == 1, "%s", error);
  check_that(strcmp(line.operation, "conv2d") == 0 && strcmp(line.name, "a # name") == 0, "%s '%s'", line.operation, line.name);
  check_parts(&line, 0, 2, 2, 2, 2);
  check_parts(&line, 2, 5, 7, 5, 7);
  check_parts(&line, 6, 1, 2, 3, 4);
  const apus_conv2d s = call_conv2d_shape(&line), want = {2, 5, 7, 3, 4, 3, 3, 1, 2, 2, 2, 1, 2, 3, 4, 1};
  check_that(memcmp(&s, &want, sizeof s) == 0, "another convolution");
  check_that(parse(&line, "max_pool2d plain 2 5x7 3 3x2 2 1x0", error) == 1, "%s", error);
  const apus_pool2d p = call_pool2d_shape(&line);
  check_that(p.height == 5 && p.width == 7 && p.kernel_h == 3 && p.kernel_w == 2 && p.stride_h == 2 && p.stride_w == 2 &&
                 p.pad_top == 1 && p.pad_left == 0 && p.pad_bottom == 1 && p.pad_right == 0,
             "another pooling");
  check_that(parse(&line, "gemm plain 2 3 4 1 0", error) == 1, "%s", error);
  const apus_gemm g = call_gemm_shape(&line);
  check_that(g.m == 2 && g.n == 3 && g.k == 4 && g.lda == 2 && g.ldb == 3 && g.ldc == 3 && g.transpose_a && !g.transpose_b,
             "another product");
  check_that(parse(&line, "resample plain 2 3 4 5 1", error) == 1, "%s", error);
  const apus_resample r = call_resample_shape(&line);
  check_that(r.outer == 2 && r.in_size == 3 && r.out_size == 4 && r.inner == 5 && r.taps == 1, "another resampling");
  check_that(parse(&line, "local_response_norm n 4 5 3 k=1 times=1e30", error) == 1, "%s", error);
  local_response_norm_call call;
  check_that(call_local_response_norm_plan(&call, &line, NULL) == APUS_OK && call.plan.rows == 4 && call.plan.channels == 5 &&
                 call.plan.size == 3 && call.plan.alpha == 5e-4f && call.plan.beta == 0.75f && call.plan.k == 1,
             "another local response norm");
  check_that(shape_number(&line, "k") == 1 && shape_number(&line, "times") == 1e30 && shape_number(&line, "beta") == 0.75,
             "other numbers");
  check_that(parse(&line, "  # nothing\n", error) == 0 && parse(&line, "\n", error) == 0 && parse(&line, "", error) == 0,
             "a line without words is one");
}

static void check_refused(void) {
  static const struct {
    const char *line, *reason; /* a part of it */
  } wrong[] = {
      {"conv3d name 1", "there is no operation 'conv3d'"},
      {"batch_norm", "expected a name"},
      {"batch_norm \"not closed 1 2", "expected a name"},
      {"batch_norm "
       "a-name-of-more-than-seventy-nine-characters-which-is-more-than-any-edge-needs-to-be-told-from-others 1 2",
       "at most 79 characters"},
      {"batch_norm name 1", "takes 2 sizes, found 1"},
      {"batch_norm name 1 2 3", "takes 2 sizes, found 3"},
      {"batch_norm name 1 2x", "size 2 of batch_norm is '2x'"},
      {"batch_norm name 1 -2", "is '-2'"},
      {"batch_norm name 1 2.5", "is '2.5'"},
      {"batch_norm name 1 0x2", "at most 1"},
      {"batch_norm name 1 9223372036854775808", "is '9223372036854775808'"},
      {"max_pool2d name 1 2x3x4 1 1 1 0", "is '2x3x4', expected whole numbers, at most 2"},
      {"max_pool2d name 1 2 1 1 1 1,2", "is '1,2'"},
      {"max_pool2d name 1 2 1 1 1 1x2,3", "is '1x2,3'"},
      {"max_pool2d name 1 2 1 1 1 1,2,3,4,5", "at most 4"},
      {"batch_norm name 1 2 middle=3", "batch_norm has no number 'middle=3'"},
      {"batch_norm name 1 2 center=", "no number 'center='"},
      {"batch_norm name 1 2 center=3s", "no number 'center=3s'"},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    if (!check_case("lines refused", "%s", wrong[i].line))
      continue;
    bench_shape line;
    char error[256];
    check_that(parse(&line, wrong[i].line, error) == -1 && strstr(error, wrong[i].reason), "'%s', want '%s'", error,
               wrong[i].reason);
  }
}

/* A refusal begins with the path and the line's number. `reason` NULL: a table of two lines, the second one's name is b. */
static void check_file(const char *contents, const char *reason) {
  if (!check_case("tables", "%s", contents))
    return;
  FILE *file = tmpfile();
  if (!file || fputs(contents, file) < 0 || fseek(file, 0, SEEK_SET) != 0) {
    check_that(0, "no temporary file can be written");
    return;
  }
  shape_table table;
  char error[512] = "";
  const int good = shape_table_read_file(&table, file, "FILE", error, sizeof error);
  if (reason)
    check_that(!good && table.count == 0 && strcmp(error, reason) == 0, "'%s', want '%s'", error, reason);
  else
    check_that(good && table.count == 2 && strcmp(table.lines[1].name, "b") == 0, "%d lines, '%s'", table.count, error);
  shape_table_free(&table);
  fclose(file);
}

void check_shapes_family(void) {
  check_accepted();
  check_refused();
  check_file("# two\nbatch_norm a 1 2\n\nbatch_norm b 3 4", NULL);
  check_file("batch_norm a 1 2\n\nbatch_norm b 3\n", "FILE:3: batch_norm takes 2 sizes, found 1");
  check_file("batch_norm a 1 2\nbatch_norm a 3 4\n", "FILE:2: another batch_norm has the name 'a'");
  char longer[300];
  memset(longer, '#', sizeof longer);
  longer[299] = 0;
  check_file(longer, "FILE:1: expected at most 254 characters");
  shape_table table;
  char error[512];
  if (check_case("tables", "no file"))
    check_that(!shape_table_read(&table, "no/such/file", error, sizeof error) && strstr(error, "cannot read no/such/file: "),
               "'%s'", error);
}
