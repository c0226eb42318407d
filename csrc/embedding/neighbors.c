/* The nearest points of each, and t-SNE's affinities and attraction, which are sums over few of them. */

#include <assert.h>
#include <math.h>

#include "apus/reference/embedding.h"
#include "embedding/kernels.h"
#include "runtime/integers.h"
#include "runtime/parallel.h"
#include "runtime/scratch.h"

enum { GRAIN = 32768 };

/* ---- the nearest ------------------------------------------------------------------------------------------------ */

typedef struct nearest_job {
  const apus_embedding_kernels *kernels;
  int64_t count, size, nearest, row_floats;
  const float *x;
  int32_t *neighbors;
  float *squares, *rows;
} nearest_job;

/* Whether (a, i) lies farther than (b, j): a NaN farther than any number, of equal distances the later point. */
static int is_farther(float a, int32_t i, float b, int32_t j) {
  return a > b || (isnan(a) && !isnan(b)) || (!(b > a) && isnan(a) == isnan(b) && i > j);
}

/* Moves what stands at `place` down a heap of `held`, whose root is the farthest. */
static void sift_down(int64_t place, int64_t held, float *squares, int32_t *neighbors) {
  const float square = squares[place];
  const int32_t neighbor = neighbors[place];
  for (int64_t child; (child = 2 * place + 1) < held; place = child) {
    if (child + 1 < held && is_farther(squares[child + 1], neighbors[child + 1], squares[child], neighbors[child]))
      child++;
    if (!is_farther(squares[child], neighbors[child], square, neighbor))
      break;
    squares[place] = squares[child];
    neighbors[place] = neighbors[child];
  }
  squares[place] = square;
  neighbors[place] = neighbor;
}

/* Keeps the nearest of a row in a heap, then takes the farthest off until they are in order. */
static void select_row(const nearest_job *j, int64_t i, const float *row) {
  float *squares = j->squares + i * j->nearest;
  int32_t *neighbors = j->neighbors + i * j->nearest;
  int64_t held = 0;
  for (int64_t c = 0; c < j->count; c++) {
    if (c == i)
      continue;
    if (held < j->nearest) {
      squares[held] = row[c];
      neighbors[held] = (int32_t)c;
      if (++held == j->nearest)
        for (int64_t place = held / 2; place-- > 0;)
          sift_down(place, held, squares, neighbors);
    } else if (is_farther(squares[0], neighbors[0], row[c], (int32_t)c)) {
      squares[0] = row[c];
      neighbors[0] = (int32_t)c;
      sift_down(0, held, squares, neighbors);
    }
  }
  while (held > 1) {
    const float square = squares[0];
    const int32_t neighbor = neighbors[0];
    held--;
    squares[0] = squares[held];
    neighbors[0] = neighbors[held];
    squares[held] = square;
    neighbors[held] = neighbor;
    sift_down(0, held, squares, neighbors);
  }
}

static void nearest_groups(void *context, int64_t begin, int64_t end, int slot) {
  const nearest_job *j = context;
  float *rows = j->rows + slot * j->row_floats;
  for (int64_t i = begin * DISTANCE_ROWS; i < apus_min(end * DISTANCE_ROWS, j->count); i += DISTANCE_ROWS) {
    const int64_t group = apus_min(DISTANCE_ROWS, j->count - i);
    if (j->kernels)
      j->kernels->squared_distances(j->count, j->size, j->x, i, group, rows);
    else
      apus_squared_distances_reference_f32(j->count, j->size, j->x, i, group, rows);
    for (int64_t r = 0; r < group; r++)
      select_row(j, i + r, rows + r * j->count);
  }
}

/* Of one thread, in whole cache lines. */
static int64_t row_floats(int64_t count) { return apus_ceil_div(DISTANCE_ROWS * count, 16) * 16; }

size_t apus_nearest_scratch(int64_t count, int threads) { return (size_t)row_floats(count) * sizeof(float) * (size_t)threads; }

void apus_nearest_f32(int64_t count, int64_t size, const float *x, int64_t nearest, int32_t *neighbors, float *squares,
                      int threads, void *scratch) {
  assert(count == 0 || (nearest >= 0 && nearest < count));
  assert(threads > 0 && apus_is_scratch(scratch, apus_nearest_scratch(count, threads)));
  nearest_job j = {apus_embedding_kernels_current(), count, size, nearest, row_floats(count), x, neighbors, squares, scratch};
  apus_parallel_for_limited(apus_ceil_div(count, DISTANCE_ROWS), GRAIN / (count * size + 1), threads, nearest_groups, &j);
}

/* ---- affinities ------------------------------------------------------------------------------------------------- */

typedef struct affinities_job {
  int64_t count;
  const float *squares;
  double perplexity;
  float *p;
} affinities_job;

/* Of the distribution exp(−β e) / z, e = square − least: in what its entropy and the entropy's slope are written. */
typedef struct distribution {
  double z, mean, variance; /* Σ exp(−β e); of e */
} distribution;

static distribution distribution_of(int64_t count, const float *squares, double least, double beta) {
  double z = 0, first = 0, second = 0;
  for (int64_t k = 0; k < count; k++) {
    const double e = (double)squares[k] - least;
    if (!isfinite(e))
      continue;
    const double weight = exp(-beta * e);
    z += weight;
    first += weight * e;
    second += weight * e * e;
  }
  const double mean = first / z;
  return (distribution){z, mean, fmax(0, second / z - mean * mean)};
}

/* Newton's steps for log β between bounds that draw together, or doubled and halved as long as there is none: the entropy
 * log z + β ⟨e⟩ falls with β, by β² var(e) for each unit of log β. */
static double beta_of(int64_t count, const float *squares, double least, double perplexity) {
  enum { MOST_STEPS = 200 };
  const double wanted = log(perplexity);
  const distribution flat = distribution_of(count, squares, least, 0);
  if (!(flat.mean > 0))
    return 0; /* all are equally near */
  double beta = 1 / flat.mean, low = 0, high = INFINITY;
  for (int step = 0; step < MOST_STEPS; step++) {
    const distribution d = distribution_of(count, squares, least, beta);
    const double excess = log(d.z) + beta * d.mean - wanted;
    if (fabs(excess) < 1e-6)
      break;
    if (excess > 0)
      low = beta;
    else
      high = beta;
    const double newton = beta * exp(excess / (beta * beta * d.variance));
    if (newton > low && newton < high && newton < 16 * beta && newton > beta / 16)
      beta = newton;
    else
      beta = high == INFINITY ? 2 * beta : (low + high) / 2;
  }
  return beta;
}

static void affinities_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const affinities_job *j = context;
  for (int64_t r = begin; r < end; r++) {
    const float *squares = j->squares + r * j->count;
    float *p = j->p + r * j->count;
    double least = INFINITY;
    for (int64_t k = 0; k < j->count; k++)
      least = (double)squares[k] < least ? (double)squares[k] : least;
    const double beta = beta_of(j->count, squares, least, j->perplexity);
    const double z = distribution_of(j->count, squares, least, beta).z;
    for (int64_t k = 0; k < j->count; k++)
      p[k] = isfinite(squares[k]) ? (float)(exp(-beta * ((double)squares[k] - least)) / z) : 0;
  }
}

void apus_affinities_f32(int64_t rows, int64_t count, const float *squares, double perplexity, float *p) {
  assert(perplexity > 0);
  affinities_job j = {count, squares, perplexity, p};
  apus_parallel_for(rows, GRAIN / 64 / (count + 1), affinities_rows, &j);
}

/* ---- attraction ------------------------------------------------------------------------------------------------- */

typedef struct attraction_job {
  int64_t count;
  const float *map;
  const int64_t *starts;
  const int32_t *neighbors;
  const float *p;
  float *attraction, *logs;
} attraction_job;

static void attraction_points(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const attraction_job *j = context;
  const float *x = j->map, *y = j->map + j->count;
  for (int64_t i = begin; i < end; i++) {
    double sum_x = 0, sum_y = 0, logs = 0;
    for (int64_t k = j->starts[i]; k < j->starts[i + 1]; k++) {
      const double dx = (double)x[i] - (double)x[j->neighbors[k]], dy = (double)y[i] - (double)y[j->neighbors[k]];
      const double near = 1 + dx * dx + dy * dy, toward = (double)j->p[k] / near;
      sum_x += toward * dx;
      sum_y += toward * dy;
      if (j->logs)
        logs += (double)j->p[k] * log(near);
    }
    j->attraction[i] = (float)sum_x;
    j->attraction[j->count + i] = (float)sum_y;
    if (j->logs)
      j->logs[i] = (float)logs;
  }
}

void apus_map_attraction_f32(int64_t count, const float *map, const int64_t *starts, const int32_t *neighbors, const float *p,
                             float *attraction, float *logs) {
  attraction_job j = {count, map, starts, neighbors, p, attraction, logs};
  apus_parallel_for(count, GRAIN / (starts[count] / (count + 1) + 1), attraction_points, &j);
}
