/* Images read at places of a grid: against sums over all pixels, by the weights that the equation gives each. */
#include <math.h>
#include <string.h>

#include "check.h"

typedef struct grid_run {
  apus_grid_sample shape;
  const float *x, *dy, *grid;
  float *out;
  int64_t dx_count;
} grid_run;

static void run_forward(void *context) {
  grid_run *r = context;
  apus_grid_sample_f32(&r->shape, r->x, r->grid, r->out);
}

static void run_backward_data(void *context) {
  grid_run *r = context;
  memset(r->out, 0, (size_t)r->dx_count * sizeof *r->out);
  apus_grid_sample_backward_data_f32(&r->shape, r->dy, r->grid, r->out);
}

static void run_backward_grid(void *context) {
  grid_run *r = context;
  apus_grid_sample_backward_grid_f32(&r->shape, r->x, r->dy, r->grid, r->out);
}

/* The weight of a pixel for a place along an axis: a tent of width 1 around it, or 1 for the nearest. `slope`: its derivative. */
static double weight(const apus_grid_sample *s, int64_t size, double place, int64_t pixel, double *slope) {
  double scale = (s->align_corners ? (double)(size - 1) : (double)size) / 2,
         at = (place + 1) * scale - (s->align_corners ? 0 : 0.5);
  *slope = 0;
  if (s->border && !(at > 0 && at < (double)(size - 1))) {
    at = at >= (double)(size - 1) ? (double)(size - 1) : 0;
    scale = 0;
  }
  if (isnan(at))
    return 0;
  if (s->nearest)
    return rint(at) == (double)pixel;
  const double distance = at - (double)pixel;
  if (fabs(distance) >= 1)
    return 0;
  *slope = distance >= 0 ? -scale : scale;
  return 1 - fabs(distance);
}

/* Places whose coordinates are exact in float: sizes are powers of 2, or one more with aligned corners. */
static void check_shape(const char *name, apus_grid_sample s) {
  for (int form = 0; form < 8; form++) {
    s.nearest = form & 1;
    s.border = form >> 1 & 1;
    s.align_corners = form >> 2;
    if (!check_case(name, "[%lld, %lld, %lld, %lld] at %lld x %lld, %s, %s%s", (long long)s.batch, (long long)s.height,
                    (long long)s.width, (long long)s.channels, (long long)s.rows, (long long)s.columns,
                    s.nearest ? "nearest" : "bilinear", s.border ? "border" : "zeros",
                    s.align_corners ? ", corners aligned" : ""))
      continue;
    apus_grid_sample shape = s;
    shape.height += s.align_corners;
    shape.width += s.align_corners;
    const int64_t places = s.batch * s.rows * s.columns, pixels = shape.height * shape.width, c = s.channels;
    const int64_t x_count = s.batch * pixels * c, y_count = places * c;
    float *x = check_input(x_count), *dy = check_input(y_count), *grid = check_input(2 * places);
    check_fill(x, x_count);
    check_fill(dy, y_count);
    for (int64_t i = 0; i < 2 * places; i++)
      grid[i] = (float)(2 * check_random_int(-90, 89) + 1) / 128;
    if (places > 3) {
      grid[0] = NAN;
      grid[3] = INFINITY;
      grid[4] = -1e30f;
    }
    double *y = check_doubles(y_count), *y_bound = check_doubles(y_count), *dx = check_doubles(x_count);
    double *dx_bound = check_doubles(x_count), *dgrid = check_doubles(2 * places), *dgrid_bound = check_doubles(2 * places);
    for (int64_t p = 0; p < places; p++)
      for (int64_t i = 0; i < pixels; i++) {
        double across, down;
        const double wide = weight(&shape, shape.width, grid[2 * p], i % shape.width, &across);
        const double high = weight(&shape, shape.height, grid[2 * p + 1], i / shape.width, &down);
        const int64_t image = p / (s.rows * s.columns) * pixels + i;
        for (int64_t k = 0; k < c; k++) {
          const double value = x[image * c + k], gradient = dy[p * c + k];
          y[p * c + k] += wide * high * value;
          y_bound[p * c + k] += fabs(wide * high * value);
          dx[image * c + k] += wide * high * gradient;
          dx_bound[image * c + k] += fabs(wide * high * gradient);
          dgrid[2 * p] += across * high * value * gradient;
          dgrid_bound[2 * p] += fabs(across * high * value * gradient);
          dgrid[2 * p + 1] += down * wide * value * gradient;
          dgrid_bound[2 * p + 1] += fabs(down * wide * value * gradient);
        }
      }
    grid_run r = {.shape = shape, .x = x, .dy = dy, .grid = grid, .dx_count = x_count};
    r.out = check_output(y_count, NULL);
    check_run("forward", run_forward, &r);
    check_close("y", r.out, y, y_bound, y_count, 4);
    r.out = check_output(x_count, NULL);
    check_run("backward data", run_backward_data, &r);
    check_close("dx", r.out, dx, dx_bound, x_count, (double)(s.rows * s.columns));
    r.out = check_output(2 * places, NULL);
    check_run("backward grid", run_backward_grid, &r);
    check_close("dgrid", r.out, dgrid, dgrid_bound, 2 * places, (double)(4 * c));
  }
}

void check_grid_sample_family(void) {
  check_shape("one channel", (apus_grid_sample){.batch = 2, .height = 4, .width = 8, .channels = 1, .rows = 5, .columns = 3});
  check_shape("channels", (apus_grid_sample){.batch = 1, .height = 8, .width = 2, .channels = 67, .rows = 9, .columns = 7});
  check_shape("strips", (apus_grid_sample){.batch = 3, .height = 4, .width = 4, .channels = 130, .rows = 2, .columns = 11});
  check_shape("many", (apus_grid_sample){.batch = 2, .height = 16, .width = 16, .channels = 3, .rows = 60, .columns = 50});
  check_shape("one pixel", (apus_grid_sample){.batch = 1, .height = 1, .width = 1, .channels = 2, .rows = 4, .columns = 4});
  check_shape("no channels", (apus_grid_sample){.batch = 1, .height = 2, .width = 2, .channels = 0, .rows = 2, .columns = 1});
}
