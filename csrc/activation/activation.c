/* Drivers: pick the tier, share the work out. */

#include "apus/activation.h"
#include "apus/reference/activation.h"

#include <string.h>

#include "activation/kernels.h"
#include "apus/runtime.h"
#include "runtime/cache.h"
#include "runtime/columns.h"
#include "runtime/merge.h"

static const apus_activation_kernels *const tiers[APUS_ISA_COUNT] = {
    [APUS_ISA_GENERIC] = &apus_activation_generic,
#if defined(__x86_64__)
    [APUS_ISA_AVX2] = &apus_activation_avx2,
    [APUS_ISA_AVX512] = &apus_activation_avx512,
#elif defined(__aarch64__)
    [APUS_ISA_NEON] = &apus_activation_neon,
#endif
};

const apus_activation_kernels *apus_activation_current(void) { return tiers[apus_isa_current()]; }

void apus_activation_rows(const apus_activation_function *function, apus_isa isa, int64_t rows, int64_t count, int64_t step,
                          float *y) {
  const float a = (float)function->a, b = (float)function->b;
  if (tiers[isa]) {
    tiers[isa]->nonlinearity_rows(function->kind, rows, count, step, a, b, y);
    return;
  }
  for (int64_t r = 0; r < rows; r++)
    apus_nonlinearity_forward_reference_f32(function->kind, count, a, b, y + r * step, y + r * step);
}

/* A fork costs as much as this many elements of the work here. */
enum { GRAIN = 16384 };

typedef struct job {
  const apus_activation_kernels *kernels;
  int64_t rows, channels, chunks;
  const float *x, *bias, *y, *dy;
  int relu, stream;
  float *result;
  float *sums; /* [chunks, channels] */
} job;

static void relu_forward_range(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  j->kernels->relu_forward(end - begin, j->x + begin, j->stream, j->result + begin);
}

void apus_relu_forward(int64_t count, const float *x, float *y) {
  job j = {.kernels = tiers[apus_isa_current()], .x = x, .stream = x != y && apus_past_caches(8 * count), .result = y};
  if (j.kernels)
    apus_parallel_for(count, GRAIN, relu_forward_range, &j);
  else
    apus_relu_forward_reference_f32(count, x, y);
}

static void relu_backward_range(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  j->kernels->relu_backward(end - begin, j->y + begin, j->dy + begin, j->stream, j->result + begin);
}

void apus_relu_backward(int64_t count, const float *y, const float *dy, float *dx) {
  job j = {.kernels = tiers[apus_isa_current()], .y = y, .dy = dy, .result = dx};
  j.stream = dx != dy && dx != y && apus_past_caches(12 * count);
  if (j.kernels)
    apus_parallel_for(count, GRAIN, relu_backward_range, &j);
  else
    apus_relu_backward_reference_f32(count, y, dy, dx);
}

static void forward_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  int64_t first = begin * j->channels;
  j->kernels->bias_activation_forward(end - begin, j->channels, j->x + first, j->bias, j->relu, j->stream, j->result + first);
}

void apus_bias_activation_forward(int64_t rows, int64_t channels, const float *x, const float *bias, apus_activation activation,
                                  float *y) {
  job j = {.kernels = tiers[apus_isa_current()],
           .channels = channels,
           .x = x,
           .bias = bias,
           .relu = activation == APUS_ACTIVATION_RELU,
           .stream = x != y && apus_past_caches(8 * rows * channels),
           .result = y};
  if (!j.kernels)
    apus_bias_activation_forward_reference_f32(rows, channels, x, bias, activation, y);
  else if (channels > 0)
    apus_parallel_for(rows, (GRAIN + channels - 1) / channels, forward_rows, &j);
}

static void backward_chunks(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  for (int64_t chunk = begin; chunk < end; chunk++) {
    int64_t row = columns_chunk_begin(j->rows, j->chunks, chunk), rows = columns_chunk_begin(j->rows, j->chunks, chunk + 1) - row;
    int64_t first = row * j->channels;
    j->kernels->bias_activation_backward(rows, j->channels, j->relu ? j->y + first : NULL, j->dy + first, j->relu, j->stream,
                                         j->result ? j->result + first : NULL, j->sums + chunk * j->channels);
  }
}

static int64_t backward_chunk_count(int64_t rows, int64_t channels) {
  return columns_chunks(rows, channels, channels * (int64_t)sizeof(float));
}

size_t apus_bias_activation_backward_scratch(int64_t rows, int64_t channels) {
  if (channels < 1)
    return 0;
  int64_t chunks = backward_chunk_count(rows, channels);
  return chunks == 1 ? 0 : (size_t)(chunks * channels) * sizeof(float);
}

void apus_bias_activation_backward(int64_t rows, int64_t channels, const float *y, const float *dy, apus_activation activation,
                                   float *dz, float *dbias, void *scratch) {
  const apus_activation_kernels *kernels = tiers[apus_isa_current()];
  if (!kernels) {
    apus_bias_activation_backward_reference_f32(rows, channels, y, dy, activation, dz, dbias);
    return;
  }
  if (channels < 1)
    return;
  int relu = activation == APUS_ACTIVATION_RELU;
  if (!dbias) {
    if (dz && relu)
      apus_relu_backward(rows * channels, y, dy, dz);
    else if (dz && dz != dy)
      memcpy(dz, dy, (size_t)(rows * channels) * sizeof *dz);
    return;
  }
  int64_t chunks = backward_chunk_count(rows, channels);
  job j = {.kernels = kernels,
           .rows = rows,
           .channels = channels,
           .chunks = chunks,
           .y = y,
           .dy = dy,
           .relu = relu,
           .stream = dz && dz != dy && apus_past_caches(12 * rows * channels),
           /* In place and unmasked there is nothing to write. */
           .result = dz == dy && !relu ? NULL : dz,
           .sums = chunks == 1 ? dbias : scratch};
  apus_parallel_for(chunks, 1, backward_chunks, &j);
  if (chunks > 1)
    apus_merge_partials(j.sums, chunks, channels, 0, dbias);
}
