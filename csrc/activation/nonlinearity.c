/* Drivers of the activation functions that are passes of their own: pick the tier, share the work out. */

#include "activation/functions.h"
#include "activation/kernels.h"
#include "apus/activation.h"
#include "apus/reference/activation.h"
#include "apus/runtime.h"
#include "runtime/cache.h"
#include "runtime/columns.h"
#include "runtime/merge.h"

/* Elements that are worth a thread: of a few instructions each, and of an exponential. */
enum { GRAIN = 16384, GRAIN_EXPENSIVE = 4096 };

typedef struct job {
  const apus_activation_kernels *kernels;
  apus_nonlinearity function;
  int64_t rows, channels, pieces, chunks;
  const float *x, *a, *dy;
  float parameters[2];
  int stream;
  const uint8_t *won;
  uint8_t *piece;
  float *result;
  float *sums; /* [chunks, channels] */
} job;

/* ---- functions of one element ---- */

const char *apus_nonlinearity_name(apus_nonlinearity function) { return apus_nonlinearities[function]->name; }

int apus_nonlinearity_reads_input(apus_nonlinearity function) { return apus_nonlinearities[function]->reads_input; }

static void forward_range(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  j->kernels->nonlinearity_forward(j->function, end - begin, j->parameters[0], j->parameters[1], j->x + begin, j->stream,
                                   j->result + begin);
}

void apus_nonlinearity_forward(apus_nonlinearity function, int64_t count, float a, float b, const float *x, float *y) {
  job j = {.kernels = apus_activation_current(), .function = function, .x = x, .parameters = {a, b}, .result = y};
  j.stream = x != y && apus_past_caches(8 * count);
  if (j.kernels)
    apus_parallel_for(count, GRAIN_EXPENSIVE, forward_range, &j);
  else
    apus_nonlinearity_forward_reference_f32(function, count, a, b, x, y);
}

static void backward_range(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  j->kernels->nonlinearity_backward(j->function, end - begin, j->parameters[0], j->parameters[1], j->x + begin, j->dy + begin,
                                    j->stream, j->result + begin);
}

void apus_nonlinearity_backward(apus_nonlinearity function, int64_t count, float a, float b, const float *v, const float *dy,
                                float *dx) {
  job j = {.kernels = apus_activation_current(), .function = function, .x = v, .dy = dy, .parameters = {a, b}, .result = dx};
  j.stream = dx != dy && dx != v && apus_past_caches(12 * count);
  if (j.kernels)
    apus_parallel_for(count, GRAIN_EXPENSIVE, backward_range, &j);
  else
    apus_nonlinearity_backward_reference_f32(function, count, a, b, v, dy, dx);
}

/* ---- PReLU ---- */

static void prelu_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  int64_t first = begin * j->channels;
  j->kernels->prelu_forward(end - begin, j->channels, j->x + first, j->a, j->stream, j->result + first);
}

void apus_prelu_forward(int64_t rows, int64_t channels, const float *x, const float *a, float *y) {
  job j = {.kernels = apus_activation_current(), .channels = channels, .x = x, .a = a, .result = y};
  j.stream = x != y && apus_past_caches(8 * rows * channels);
  if (!j.kernels)
    apus_prelu_forward_reference_f32(rows, channels, x, a, y);
  else if (channels > 0)
    apus_parallel_for(rows, (GRAIN + channels - 1) / channels, prelu_rows, &j);
}

static int64_t chunk_count(int64_t rows, int64_t channels) {
  return columns_chunks(rows, channels, channels * (int64_t)sizeof(float));
}

size_t apus_prelu_backward_scratch(int64_t rows, int64_t channels) {
  if (channels < 1)
    return 0;
  int64_t chunks = chunk_count(rows, channels);
  return chunks == 1 ? 0 : (size_t)(chunks * channels) * sizeof(float);
}

static void prelu_chunks(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  for (int64_t chunk = begin; chunk < end; chunk++) {
    int64_t row = columns_chunk_begin(j->rows, j->chunks, chunk), rows = columns_chunk_begin(j->rows, j->chunks, chunk + 1) - row;
    int64_t first = row * j->channels;
    j->kernels->prelu_backward(rows, j->channels, j->x + first, j->a, j->dy + first, j->stream,
                               j->result ? j->result + first : NULL, j->sums + chunk * j->channels);
  }
}

void apus_prelu_backward(int64_t rows, int64_t channels, const float *x, const float *a, const float *dy, float *dx, float *da,
                         void *scratch) {
  job j = {.kernels = apus_activation_current(), .rows = rows, .channels = channels, .x = x, .a = a, .dy = dy, .result = dx};
  if (!j.kernels) {
    apus_prelu_backward_reference_f32(rows, channels, x, a, dy, dx, da);
    return;
  }
  if (channels < 1)
    return;
  j.chunks = chunk_count(rows, channels);
  j.stream = dx && dx != dy && apus_past_caches(12 * rows * channels);
  j.sums = j.chunks == 1 ? da : scratch;
  apus_parallel_for(j.chunks, 1, prelu_chunks, &j);
  if (j.chunks > 1)
    apus_merge_partials(j.sums, j.chunks, channels, 0, da);
}

/* ---- maxout ---- */

static void maxout_forward_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  j->kernels->maxout_forward(end - begin, j->pieces, j->channels, j->x + begin * j->pieces * j->channels,
                             j->result + begin * j->channels, j->piece ? j->piece + begin * j->channels : NULL);
}

/* Rows that are worth a thread. */
static int64_t maxout_grain(int64_t pieces, int64_t channels) { return (GRAIN + pieces * channels - 1) / (pieces * channels); }

void apus_maxout_forward(int64_t rows, int64_t pieces, int64_t channels, const float *x, float *y, uint8_t *piece) {
  job j = {.kernels = apus_activation_current(), .pieces = pieces, .channels = channels, .x = x, .piece = piece, .result = y};
  if (!j.kernels)
    apus_maxout_forward_reference_f32(rows, pieces, channels, x, y, piece);
  else if (channels > 0)
    apus_parallel_for(rows, maxout_grain(pieces, channels), maxout_forward_rows, &j);
}

static void maxout_backward_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  j->kernels->maxout_backward(end - begin, j->pieces, j->channels, j->dy + begin * j->channels, j->won + begin * j->channels,
                              j->stream, j->result + begin * j->pieces * j->channels);
}

void apus_maxout_backward(int64_t rows, int64_t pieces, int64_t channels, const float *dy, const uint8_t *piece, float *dx) {
  job j = {.kernels = apus_activation_current(), .pieces = pieces, .channels = channels, .dy = dy, .won = piece, .result = dx};
  j.stream = apus_past_caches(4 * rows * (pieces + 1) * channels);
  if (!j.kernels)
    apus_maxout_backward_reference_f32(rows, pieces, channels, dy, piece, dx);
  else if (channels > 0)
    apus_parallel_for(rows, maxout_grain(pieces, channels), maxout_backward_rows, &j);
}
