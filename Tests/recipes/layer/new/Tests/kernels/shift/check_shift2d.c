/* Channels moved by a pixel: against the equation, element by element. */
#include "check.h"

typedef struct shift_run {
  apus_shift2d shape;
  const float *x;
  float *y;
} shift_run;

static void run(void *context) {
  shift_run *r = context;
  apus_shift2d_f32(&r->shape, r->x, r->y);
}

static void check_shape(const char *name, apus_shift2d s) {
  const int64_t count = s.batch * s.height * s.width * s.channels;
  for (s.backward = 0; s.backward <= 1; s.backward++) {
    if (!check_case(name, "[%lld, %lld, %lld, %lld]%s", (long long)s.batch, (long long)s.height, (long long)s.width,
                    (long long)s.channels, s.backward ? ", backward" : ""))
      continue;
    float *x = check_input(count);
    check_fill(x, count);
    double *want = check_doubles(count);
    for (int64_t i = 0; i < count; i++) {
      const int64_t c = i % s.channels, column = i / s.channels % s.width, row = i / s.channels / s.width % s.height;
      const int64_t g = 9 * c / s.channels, way = s.backward ? -1 : 1;
      const int64_t h = row + way * (g / 3 - 1), w = column + way * (g % 3 - 1);
      const int inside = h >= 0 && h < s.height && w >= 0 && w < s.width;
      want[i] = inside ? x[i + ((h - row) * s.width + w - column) * s.channels] : 0;
    }
    shift_run r = {s, x, check_output(count, NULL)};
    check_run("shift", run, &r);
    check_exact("y", r.y, want, count);
  }
}

void check_shift2d_family(void) {
  check_shape("no image", (apus_shift2d){0, 3, 3, 9, 0});
  check_shape("one pixel", (apus_shift2d){1, 1, 1, 20, 0});
  check_shape("fewer channels than groups", (apus_shift2d){2, 3, 4, 5, 0});
  check_shape("groups of two sizes", (apus_shift2d){3, 5, 4, 22, 0});
  check_shape("many pixels", (apus_shift2d){2, 60, 61, 9, 0});
}
