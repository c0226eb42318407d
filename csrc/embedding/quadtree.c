/* Repulsion by a quadtree. J. Barnes and P. Hut, "A hierarchical O(N log N) force-calculation algorithm", Nature 324, 1986.
 *
 * Points are put in the order of a curve that fills the square around them (G. M. Morton, 1966), so that a cell is a run of
 * points and the tree a list of cells in which each says where its own end: a walk needs no stack, and neighbors walk the same
 * cells. */

#include <assert.h>
#include <math.h>

#include "apus/embedding.h"
#include "apus/runtime.h"
#include "runtime/integers.h"
#include "runtime/scratch.h"

enum {
  LEVELS = 16, /* halvings of a side */
  LEAF = 8,    /* points of a cell that is not divided further */
  GRAIN = 256, /* points that are worth a thread */
};

typedef struct cell {
  double x, y;        /* the mean of its points */
  double side2;       /* its side, squared */
  int32_t begin, end; /* its points */
  int32_t next;       /* the first cell that is not part of it */
  int32_t is_leaf;
} cell;

typedef struct tree {
  int64_t count, cells;
  const float *map;
  double side2; /* of the whole square, for an angle of 1 */
  double angle2;
  double *points;          /* [count, 2], in the curve's order */
  int32_t *order;          /* the points' own numbers */
  uint32_t *codes, *spare; /* places on the curve */
  int32_t *spare_order;
  cell *list;
  float *repulsion, *mass;
} tree;

/* The memory's parts, each in whole cache lines. A cell that is divided has two parts or more, so there are fewer than 2 · count.
 */
static size_t part(size_t bytes) { return (bytes + 63) / 64 * 64; }

static size_t lay_out(tree *t, char *memory) {
  const size_t n = (size_t)apus_max(t->count, 1);
  const size_t points = part(2 * n * sizeof(double)), cells = part(2 * n * sizeof(cell)), words = part(n * sizeof(uint32_t));
  if (memory) {
    t->points = (double *)memory;
    t->list = (cell *)(memory + points);
    t->codes = (uint32_t *)(memory + points + cells);
    t->spare = (uint32_t *)(memory + points + cells + words);
    t->order = (int32_t *)(memory + points + cells + 2 * words);
    t->spare_order = (int32_t *)(memory + points + cells + 3 * words);
  }
  return points + cells + 4 * words;
}

size_t apus_map_repulsion_scratch(int64_t count) {
  tree t = {.count = count};
  return lay_out(&t, NULL);
}

/* Bits 0 … 15 of v at every second place. */
static uint32_t spread(uint32_t v) {
  v = (v | v << 8) & 0x00ff00ff;
  v = (v | v << 4) & 0x0f0f0f0f;
  v = (v | v << 2) & 0x33333333;
  return (v | v << 1) & 0x55555555;
}

static uint32_t step_of(double distance, double scale) {
  const double step = distance * scale;
  return step < (1 << LEVELS) - 1 ? (uint32_t)step : (1 << LEVELS) - 1;
}

/* A byte at a time, the lowest first; equal codes stay in the points' order. */
static void sort_codes(tree *t) {
  for (int shift = 0; shift < 2 * LEVELS; shift += 8) {
    int64_t starts[257] = {0};
    for (int64_t i = 0; i < t->count; i++)
      starts[(t->codes[i] >> shift & 255) + 1]++;
    for (int b = 0; b < 256; b++)
      starts[b + 1] += starts[b];
    for (int64_t i = 0; i < t->count; i++) {
      const int64_t place = starts[t->codes[i] >> shift & 255]++;
      t->spare[place] = t->codes[i];
      t->spare_order[place] = t->order[i];
    }
    uint32_t *codes = t->codes;
    t->codes = t->spare;
    t->spare = codes;
    int32_t *order = t->order;
    t->order = t->spare_order;
    t->spare_order = order;
  }
}

static void order_points(tree *t) {
  const float *x = t->map, *y = t->map + t->count;
  /* In float, which they are: gcc 12 for arm64 fails on the same in double. */
  float left = INFINITY, right = -INFINITY, top = INFINITY, bottom = -INFINITY;
  for (int64_t i = 0; i < t->count; i++) {
    left = fminf(left, x[i]);
    right = fmaxf(right, x[i]);
    top = fminf(top, y[i]);
    bottom = fmaxf(bottom, y[i]);
  }
  const double least[2] = {(double)left, (double)top};
  const double side = fmax((double)right - least[0], (double)bottom - least[1]), scale = side > 0 ? (1 << LEVELS) / side : 0;
  t->side2 = side * side;
  for (int64_t i = 0; i < t->count; i++) {
    t->codes[i] = spread(step_of((double)x[i] - least[0], scale)) | spread(step_of((double)y[i] - least[1], scale)) << 1;
    t->order[i] = (int32_t)i;
  }
  sort_codes(t);
  for (int64_t i = 0; i < t->count; i++) {
    t->points[2 * i] = (double)x[t->order[i]];
    t->points[2 * i + 1] = (double)y[t->order[i]];
  }
}

/* Appends the cell of points begin ..< end, whose codes agree in their upper `level` pairs of bits, and what is in it. */
static void append_cell(tree *t, int32_t begin, int32_t end, int level) {
  /* Where all points lie in one of four, that one is meant. */
  const uint32_t differing = t->codes[begin] ^ t->codes[end - 1];
  while (level < LEVELS && !(differing >> 2 * (LEVELS - level - 1)))
    level++;
  cell *c = &t->list[t->cells++];
  *c =
      (cell){.begin = begin, .end = end, .side2 = ldexp(t->side2, -2 * level), .is_leaf = end - begin <= LEAF || level == LEVELS};
  for (int32_t i = begin; i < end; i++) {
    c->x += t->points[2 * i];
    c->y += t->points[2 * i + 1];
  }
  c->x /= end - begin;
  c->y /= end - begin;
  for (int32_t first = begin, last; !c->is_leaf && first < end; first = last) {
    const int shift = 2 * (LEVELS - level - 1);
    for (last = first + 1; last < end && t->codes[last] >> shift == t->codes[first] >> shift;)
      last++;
    append_cell(t, first, last, level + 1);
  }
  c->next = (int32_t)t->cells;
}

static void repel_points(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const tree *t = context;
  for (int64_t i = begin; i < end; i++) {
    const double x = t->points[2 * i], y = t->points[2 * i + 1];
    double sum_x = 0, sum_y = 0, mass = 0;
    for (int32_t at = 0; at < t->cells;) {
      const cell *c = &t->list[at];
      const double dx = x - c->x, dy = y - c->y, distance2 = dx * dx + dy * dy;
      if (c->side2 < t->angle2 * distance2) {
        const double q = 1 / (1 + distance2), all = (double)(c->end - c->begin) * q;
        mass += all;
        sum_x += all * q * dx;
        sum_y += all * q * dy;
        at = c->next;
      } else if (c->is_leaf) {
        for (int32_t k = c->begin; k < c->end; k++) {
          const double kx = x - t->points[2 * k], ky = y - t->points[2 * k + 1], q = k == i ? 0 : 1 / (1 + kx * kx + ky * ky);
          mass += q;
          sum_x += q * q * kx;
          sum_y += q * q * ky;
        }
        at = c->next;
      } else {
        at++;
      }
    }
    const int32_t point = t->order[i];
    t->repulsion[point] = (float)sum_x;
    t->repulsion[t->count + point] = (float)sum_y;
    t->mass[point] = (float)mass;
  }
}

void apus_map_repulsion_f32(int64_t count, const float *map, double angle, float *repulsion, float *mass, void *scratch) {
  if (count < 1)
    return;
  assert(angle >= 0 && 2 * angle * angle < 1);
  assert(apus_is_scratch(scratch, apus_map_repulsion_scratch(count)));
  tree t = {.count = count, .map = map, .angle2 = angle * angle, .repulsion = repulsion, .mass = mass};
  lay_out(&t, scratch);
  order_points(&t);
  append_cell(&t, 0, (int32_t)count, 0);
  apus_parallel_for(count, GRAIN, repel_points, &t);
}
