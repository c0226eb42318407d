/* Distances, neighbors, affinities and forces of t-SNE against their references in double and their definitions. */
#include <float.h>
#include <math.h>

#include "check.h"

enum { MOST_POINTS = 300, MOST_THREADS = 3 /* fewer than the harness tries */ };

/* ---- distances and neighbors ------------------------------------------------------------------------------------ */

typedef struct distances_run {
  int64_t count, size, first, rows, nearest;
  const float *x;
  float *squares;
  int32_t *neighbors;
  void *scratch;
} distances_run;

static void run_distances(void *context) {
  distances_run *r = context;
  apus_squared_distances_f32(r->count, r->size, r->x, r->first, r->rows, r->squares);
}

static void check_distances(const char *name, int64_t count, int64_t size, int64_t first, int64_t rows) {
  if (!check_case(name, "%lld of %lld points of %lld numbers", (long long)rows, (long long)count, (long long)size))
    return;
  float *x = check_input(count * size);
  check_fill(x, count * size);
  double *want = check_doubles(rows * count);
  apus_squared_distances_reference_f64(count, size, check_widen(x, count * size), first, rows, want);
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++) {
    if (!check_select(isa))
      continue;
    distances_run r = {.count = count, .size = size, .first = first, .rows = rows, .x = x};
    r.squares = check_output(rows * count, NULL);
    check_run("distances", run_distances, &r);
    check_close("squares", r.squares, want, want, rows * count, (double)size);
  }
}

static void run_nearest(void *context) {
  distances_run *r = context;
  apus_nearest_f32(r->count, r->size, r->x, r->nearest, r->neighbors, r->squares, MOST_THREADS, r->scratch);
}

/* Whole numbers, so that distances are exact and many are equal. */
static void check_nearest(const char *name, int64_t count, int64_t size, int64_t nearest) {
  if (!check_case(name, "%lld of %lld points of %lld numbers", (long long)nearest, (long long)count, (long long)size))
    return;
  float *x = check_input(count * size);
  check_fill_integers(x, count * size, 3);
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++) {
    if (!check_select(isa))
      continue;
    distances_run r = {.count = count, .size = size, .nearest = nearest, .x = x};
    r.squares = check_output(count * nearest, NULL);
    r.neighbors = check_output_ints(count * nearest);
    r.scratch = check_scratch(apus_nearest_scratch(count, MOST_THREADS));
    check_run("nearest", run_nearest, &r);
    float *row = check_output(count, NULL);
    for (int64_t i = 0; i < count; i++) {
      apus_squared_distances_reference_f32(count, size, x, i, 1, row);
      for (int64_t k = 0; k < nearest; k++) {
        /* The least of those that were not yet there. */
        int64_t best = -1;
        for (int64_t c = 0; c < count; c++)
          if (c != i && !isnan(row[c]) && (best < 0 || row[c] < row[best]))
            best = c;
        const int64_t at = i * nearest + k;
        check_that(r.neighbors[at] == best && r.squares[at] == row[best], "neighbor %lld of %lld is %d at %g, want %lld at %g",
                   (long long)k, (long long)i, r.neighbors[at], (double)r.squares[at], (long long)best, (double)row[best]);
        row[best] = NAN;
      }
    }
  }
}

/* ---- affinities ------------------------------------------------------------------------------------------------- */

typedef struct affinities_run {
  int64_t rows, count;
  const float *squares;
  double perplexity;
  float *p;
} affinities_run;

static void run_affinities(void *context) {
  affinities_run *r = context;
  apus_affinities_f32(r->rows, r->count, r->squares, r->perplexity, r->p);
}

/* The first element of each row is infinite, as the distance of a point to itself is said to be. */
static void check_affinities(const char *name, int64_t rows, int64_t count, double perplexity, double reached, double scale,
                             double shift) {
  if (!check_case(name, "[%lld, %lld], perplexity %g", (long long)rows, (long long)count, perplexity))
    return;
  float *squares = check_input(rows * count);
  check_fill(squares, rows * count);
  for (int64_t i = 0; i < rows * count; i++)
    squares[i] = i % count == 0 ? INFINITY : (float)(shift + scale * pow(fabs((double)squares[i]), 3));
  affinities_run r = {rows, count, squares, perplexity, check_output(rows * count, NULL)};
  check_run("affinities", run_affinities, &r);
  for (int64_t row = 0; row < rows; row++) {
    const float *p = r.p + row * count, *s = squares + row * count;
    double sum = 0, entropy = 0;
    int64_t first = 1; /* the nearest */
    for (int64_t k = 0; k < count; k++) {
      sum += (double)p[k];
      entropy -= p[k] > 0 ? (double)p[k] * log((double)p[k]) : 0;
      first = k > 0 && s[k] < s[first] ? k : first;
    }
    check_that(p[0] == 0 && fabs(sum - 1) < 1e-6, "row %lld has a sum of %.9g", (long long)row, sum);
    check_that(fabs(exp(entropy) - reached) < 1e-5 * reached, "row %lld has a perplexity of %.9g, want %.9g", (long long)row,
               exp(entropy), reached);
    /* exp(−β e) for one β, which two of the points tell. */
    int64_t second = first; /* the farthest that has a share to speak of */
    for (int64_t k = 1; k < count; k++)
      second = p[k] > 1e-3f * p[first] && s[k] > s[second] ? k : second;
    if (!(p[second] < p[first]))
      continue;
    const double beta = log((double)p[first] / (double)p[second]) / ((double)s[second] - (double)s[first]);
    for (int64_t k = 1; k < count; k++) {
      const double want = (double)p[first] * exp(-beta * ((double)s[k] - (double)s[first]));
      check_that(fabs((double)p[k] - want) < 1e-4 * want + 1e-20, "p[%lld] is %g, want %g", (long long)k, (double)p[k], want);
    }
  }
}

/* ---- forces ----------------------------------------------------------------------------------------------------- */

typedef struct forces_run {
  int64_t count;
  const float *map, *p;
  const int64_t *starts;
  const int32_t *neighbors;
  double angle;
  float *attraction, *repulsion, *mass, *logs;
  void *scratch;
} forces_run;

static void run_forces(void *context) {
  forces_run *r = context;
  apus_map_forces_f32(r->count, r->map, r->p, r->attraction, r->repulsion, r->mass, r->logs);
}

static void run_attraction(void *context) {
  forces_run *r = context;
  apus_map_attraction_f32(r->count, r->map, r->starts, r->neighbors, r->p, r->attraction, r->logs);
}

static void run_repulsion(void *context) {
  forces_run *r = context;
  apus_map_repulsion_f32(r->count, r->map, r->angle, r->repulsion, r->mass, r->scratch);
}

/* What the sums are, and the sums of their terms' absolute values. */
typedef struct forces_wanted {
  double *attraction, *repulsion, *mass, *logs, *attraction_terms, *repulsion_terms, *logs_terms;
} forces_wanted;

static forces_wanted wanted(int64_t count, const float *map, const float *p) {
  forces_wanted w = {check_doubles(2 * count), check_doubles(2 * count), check_doubles(count), check_doubles(count),
                     check_doubles(2 * count), check_doubles(2 * count), check_doubles(count)};
  apus_map_forces_reference_f64(count, check_widen(map, 2 * count), check_widen(p, count * count), w.attraction, w.repulsion,
                                w.mass, w.logs);
  for (int64_t i = 0; i < count; i++)
    for (int64_t j = 0; j < count; j++) {
      const double d[2] = {(double)map[i] - (double)map[j], (double)map[count + i] - (double)map[count + j]};
      const double q = 1 / (1 + d[0] * d[0] + d[1] * d[1]);
      w.logs_terms[i] += (double)p[i * count + j] * (1 - log(q)); /* 1 + d² has lost what is below the last place of 1 */
      for (int axis = 0; axis < 2; axis++) {
        /* q is off by a few units itself. */
        w.attraction_terms[axis * count + i] += 4 * (double)p[i * count + j] * q * fabs(d[axis]);
        w.repulsion_terms[axis * count + i] += 4 * q * q * fabs(d[axis]);
      }
    }
  return w;
}

/* Points in clusters, `spread` apart, and affinities of which every `every`th is there. */
static float *map_of(int64_t count, double spread) {
  float *map = check_input(2 * count);
  check_fill(map, 2 * count);
  for (int64_t i = 0; i < 2 * count; i++)
    map[i] = (float)(spread * ((double)map[i] * 0.1 + (double)check_random_int(-3, 3)));
  return map;
}

static void check_forces(const char *name, int64_t count, double spread, int64_t every) {
  if (!check_case(name, "%lld points %g apart, a p of %lld", (long long)count, spread, (long long)every))
    return;
  float *map = map_of(count, spread), *p = check_input(count * count), *some = check_input(count * count);
  int32_t *neighbors = check_input_ints(count * count);
  int64_t starts[MOST_POINTS + 1] = {0};
  check_fill(p, count * count);
  for (int64_t i = 0; i < count; i++) {
    starts[i + 1] = starts[i];
    for (int64_t j = 0, at = i * count; j < count; j++, at++) {
      p[at] = at % every || i == j ? 0 : fabsf(p[at]) / (float)(count * count);
      if (p[at] == 0)
        continue;
      some[starts[i + 1]] = p[at];
      neighbors[starts[i + 1]++] = (int32_t)j;
    }
  }
  const forces_wanted w = wanted(count, map, p);
  const double terms = (double)count;
  forces_run r = {.count = count, .map = map, .p = p, .starts = starts, .neighbors = neighbors};
  r.attraction = check_output(2 * count, NULL), r.repulsion = check_output(2 * count, NULL);
  r.mass = check_output(count, NULL);
  float *logs = check_output(count, NULL);
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++) {
    if (!check_select(isa))
      continue;
    r.logs = logs;
    check_run("forces", run_forces, &r);
    check_close("attraction", r.attraction, w.attraction, w.attraction_terms, 2 * count, terms);
    check_close("repulsion", r.repulsion, w.repulsion, w.repulsion_terms, 2 * count, terms);
    check_close("mass", r.mass, w.mass, w.mass, count, terms);
    check_close("logs", r.logs, w.logs, w.logs_terms, count, terms);
    float *with_logs = check_copy(r.attraction, 2 * count);
    r.logs = NULL;
    check_run("forces without logs", run_forces, &r);
    check_same_bits("attraction without logs", r.attraction, with_logs, 4, 2 * count);
  }
  r.p = some;
  r.logs = logs;
  check_run("attraction of some", run_attraction, &r);
  check_close("attraction of some", r.attraction, w.attraction, w.attraction_terms, 2 * count, 1);
  check_close("logs of some", r.logs, w.logs, w.logs_terms, count, 1);
}

/* Every pair at an angle of 0. Above it each point's sums are off by `most` of its terms at the worst. */
static void check_tree(const char *name, int64_t count, double spread, double angle, double most) {
  if (!check_case(name, "%lld points %g apart, angle %g", (long long)count, spread, angle))
    return;
  float *map = map_of(count, spread), *p = check_input(count * count);
  const forces_wanted w = wanted(count, map, p);
  forces_run r = {.count = count, .map = map, .angle = angle, .scratch = check_scratch(apus_map_repulsion_scratch(count))};
  r.repulsion = check_output(2 * count, NULL);
  r.mass = check_output(count, NULL);
  check_run("tree", run_repulsion, &r);
  for (int64_t i = 0; i < count; i++) {
    check_that(fabs((double)r.mass[i] - w.mass[i]) <= most * w.mass[i], "mass of %lld is %.9g, want %.9g", (long long)i,
               (double)r.mass[i], w.mass[i]);
    for (int64_t at = i; at < 2 * count; at += count)
      check_that(fabs((double)r.repulsion[at] - w.repulsion[at]) <= most * w.repulsion_terms[at],
                 "repulsion[%lld] is %.9g, want %.9g", (long long)at, (double)r.repulsion[at], w.repulsion[at]);
  }
}

/* The forces are the divergence's gradient. */
typedef struct divergence_of {
  int64_t count;
  double *map, *p, *attraction, *repulsion, *mass, *logs;
} divergence_of;

static double divergence(void *context) {
  divergence_of *d = context;
  apus_map_forces_reference_f64(d->count, d->map, d->p, d->attraction, d->repulsion, d->mass, d->logs);
  double sum = 0, z = 0;
  for (int64_t i = 0; i < d->count; i++) {
    z += d->mass[i];
    sum += d->logs[i];
  }
  return sum + log(z);
}

static void check_forces_gradient(const char *name, int64_t count) {
  if (!check_case(name, "%lld points", (long long)count))
    return;
  divergence_of d = {count,
                     check_doubles(2 * count),
                     check_doubles(count * count),
                     check_doubles(2 * count),
                     check_doubles(2 * count),
                     check_doubles(count),
                     check_doubles(count)};
  check_fill_doubles(d.map, 2 * count);
  double sum = 0;
  for (int64_t i = 0; i < count; i++)
    for (int64_t j = 0; j < i; j++)
      sum += 2 * (d.p[i * count + j] = d.p[j * count + i] = fabs(check_random_real()));
  for (int64_t i = 0; i < count * count; i++)
    d.p[i] /= sum;
  divergence(&d);
  double z = 0, *gradient = check_doubles(2 * count);
  for (int64_t i = 0; i < count; i++)
    z += d.mass[i];
  for (int64_t i = 0; i < 2 * count; i++)
    gradient[i] = 4 * (d.attraction[i] - d.repulsion[i] / z);
  check_gradient("divergence", divergence, &d, d.map, gradient, 2 * count);
}

void check_embedding_family(void) {
  check_distances("one point", 1, 5, 0, 1);
  check_distances("one number", 70, 1, 3, 9);
  check_distances("no rows", 9, 4, 3, 0);
  check_distances("pairs of vectors and a rest", 101, 64, 17, 11);
  check_distances("whole vectors", 64, 33, 0, 64);
  check_nearest("one neighbor", 40, 3, 1);
  check_nearest("all others", 37, 2, 36);
  check_nearest("many equally near", 203, 2, 50);
  check_nearest("no numbers", 20, 0, 5);
  check_affinities("few", 5, 12, 3, 3, 1, 0);
  check_affinities("many", 20, 500, 30, 30, 1, 0);
  check_affinities("large distances", 7, 200, 30, 30, 1e30, 0);
  check_affinities("small distances", 7, 200, 30, 30, 1e-30, 0);
  check_affinities("far away", 7, 200, 30, 30, 10, 1e4);
  check_affinities("all at one distance", 3, 41, 30, 40, 0, 2);
  check_affinities("nearly all", 3, 41, 39.9, 39.9, 1, 0);
  check_forces("one point", 1, 1, 1);
  check_forces("two points", 2, 1, 1);
  check_forces("beginning, all near", 77, 1e-4, 1);
  check_forces("clusters", 200, 10, 1);
  check_forces("few affinities", 200, 10, 7);
  check_forces("whole vectors", 65, 3, 1);
  check_forces("far apart", MOST_POINTS, 1e3, 3);
  check_tree("one point", 1, 1, 0.5, 1e-6);
  check_tree("every pair", MOST_POINTS, 10, 0, 1e-6);
  check_tree("every pair, far from each other", 100, 1e12, 0, 1e-6);
  check_tree("all at one place", 100, 0, 0.5, 1e-6);
  check_tree("beginning, all near", MOST_POINTS, 1e-4, 0.5, 1e-6);
  check_tree("an angle of a half", MOST_POINTS, 10, 0.5, 0.02);
  check_forces_gradient("gradient", 12);
}
