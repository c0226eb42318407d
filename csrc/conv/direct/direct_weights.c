/* Backward weights of direct convolution: for each tap dw[tap] = xᵀ·dy over the pixels that the tap sees, with the channels of
 * x as adjacent rows of A. Where a kernel row's taps are adjacent in memory and channels are few, the row's taps are done
 * together.
 *
 * Pixels are taken a block at a time, so that x and dy stay in the caches while all taps and panels pass over them; sums go on
 * from memory. Blocks are grouped into chunks by the shape alone; each chunk sums into a partial result of its own, and those
 * are merged in a fixed tree. With one chunk the sums go straight to dw (on from what it holds, where the result is added). */

#include <string.h>

#include "apus/runtime.h"
#include "conv/direct/direct.h"
#include "gemm/pack.h"
#include "runtime/integers.h"
#include "runtime/merge.h"
#include "runtime/parallel.h"

/* Pixels of a block: what x and dy hold of them is to stay in the second-level cache beside the next block, which is asked for
 * meanwhile; with pages of 4 KB in any order, half of the cache is safe. A long block passes less often over a large gradient,
 * and has fewer edges. Found by search over the layers of bench/shapes.txt on Zen 5 (1 MB), where half or twice as much costs up
 * to a tenth. */
#define BLOCK_FLOATS 100000
#define BLOCK_FLOATS_1X1 54000
#define LEAST_PIXELS 280
#define LEAST_PIXELS_1X1 168
#define LEAST_PIXELS_LARGE_GRADIENT 512
#define LARGE_GRADIENT 196608 /* floats */
#define MOST_PIXELS 2048
/* Chunks, where sizes allow: taps and panels make several pieces of each, and partial results cost memory traffic. A power of
 * two, so that they can be dealt out evenly. */
#define LEAST_CHUNKS 4
#define LEAST_PIECES 32
#define LONGER 2 /* times */
/* Floats of x or dy from which on they come from beyond the second-level cache. */
#define FAR 262144

/* Images and output rows of a block; chunks of blocks; whether dy is copied into panels. */
enum { DETAIL_IMAGES, DETAIL_ROWS, DETAIL_CHUNKS, DETAIL_PACK };

static int64_t blocks(const apus_conv2d_plan *plan) {
  return apus_ceil_div(plan->shape.batch, plan->detail[DETAIL_IMAGES]) * apus_ceil_div(plan->out_h, plan->detail[DETAIL_ROWS]);
}

static int64_t weights(const apus_conv2d *s) {
  return s->kernel_h * s->kernel_w * (s->in_channels / s->groups) * s->out_channels;
}

/* Floats of the copied dy of a block. */
static int64_t packed_floats(const apus_conv2d_plan *plan) {
  return plan->detail[DETAIL_PACK] * plan->detail[DETAIL_IMAGES] * plan->detail[DETAIL_ROWS] * plan->out_w *
         apus_tile_for((apus_isa)plan->isa)->columns;
}

/* Groups of taps in a kernel row: 1 where all are done together. */
static int64_t groups_of_taps(const apus_conv2d *s, const apus_tile_kernels *kernels) {
  return s->groups == 1 && s->dilation_w == 1 && s->in_channels < 2 * kernels->rows ? 1 : s->kernel_w;
}

static int64_t panels_of_group(const apus_conv2d *s, const apus_tile_kernels *kernels) {
  return apus_ceil_div(s->out_channels / s->groups, kernels->columns);
}

/* Pieces of dw. */
static int64_t all_pieces(const apus_conv2d *s, const apus_tile_kernels *kernels) {
  return groups_of_taps(s, kernels) * s->kernel_h * s->groups * panels_of_group(s, kernels);
}

static int64_t block_pixels(const apus_conv2d *s) {
  const int64_t seen = apus_min(s->stride_h, s->kernel_h) * apus_min(s->stride_w, s->kernel_w); /* pixels of x for one of dy */
  const int64_t floats = (seen * s->in_channels + s->out_channels) / s->groups;
  const int is_1x1 = s->kernel_h * s->kernel_w == 1;
  const int64_t least = weights(s) > LARGE_GRADIENT ? LEAST_PIXELS_LARGE_GRADIENT : is_1x1 ? LEAST_PIXELS_1X1 : LEAST_PIXELS;
  return apus_max(least, apus_min((is_1x1 ? BLOCK_FLOATS_1X1 : BLOCK_FLOATS) / apus_max(1, floats), MOST_PIXELS));
}

void apus_conv_direct_plan_weights(apus_conv2d_plan *plan, const char **reason) {
  const apus_conv2d *s = &plan->shape;
  const apus_tile_kernels *kernels = apus_tile_for((apus_isa)plan->isa);
  const int64_t pixels = block_pixels(s);
  plan->detail[DETAIL_IMAGES] = apus_even_share(s->batch, pixels / (plan->out_h * plan->out_w));
  plan->detail[DETAIL_ROWS] = apus_even_share(plan->out_h, pixels / plan->out_w);
  int64_t chunks = LEAST_CHUNKS;
  while (chunks * all_pieces(s, kernels) < LEAST_PIECES)
    chunks *= 2;
  plan->detail[DETAIL_CHUNKS] = apus_min(apus_merge_chunks(blocks(plan), weights(s)), chunks);
  /* Rows of dy that are 4 KB apart share the sets of the first-level cache; parts of vectors are slow without masks. */
  plan->detail[DETAIL_PACK] =
      s->out_channels % 1024 == 0 || (!kernels->has_masks && s->out_channels / s->groups % kernels->columns != 0);
  const int64_t partials = plan->detail[DETAIL_CHUNKS] > 1 ? plan->detail[DETAIL_CHUNKS] * weights(s) : 0;
  plan->scratch_bytes = (size_t)(partials + plan->threads * packed_floats(plan)) * sizeof(float);
  *reason = plan->detail[DETAIL_CHUNKS] > 1 ? "partial sums of chunks of pixels" : "few pixels or large weights: one chunk";
}

typedef struct job {
  const apus_conv2d_plan *plan;
  const apus_tile_kernels *kernels;
  apus_conv_axis h, w;
  int64_t a_n, a_h, a_w, b_n, b_h, b_w;
  int64_t ci, co, panels;   /* channels of a group, panels of co */
  int64_t tap_groups, outs; /* in a kernel row; pieces of dw */
  int64_t size;             /* floats of dw */
  int far;                  /* x and dy are not in the second-level cache */
  const float *x, *dy;
  float *sums, *packed; /* [chunks][size]; a copy of dy a thread */
} job;

/* A piece of dw: some taps of one kernel row, one group, one panel. */
typedef struct piece {
  int64_t kh, kw, group, panel, column, columns;
} piece;

/* Panels are outermost, so that a copied panel of dy serves all taps. */
static piece piece_at(const job *j, int64_t index) {
  const apus_conv2d *s = &j->plan->shape;
  piece p = {.kw = index % j->tap_groups, .kh = index / j->tap_groups % s->kernel_h};
  p.panel = index / j->tap_groups / s->kernel_h;
  p.group = p.panel / j->panels;
  const int64_t within = p.panel % j->panels * j->kernels->columns;
  p.column = p.group * j->co + within;
  p.columns = apus_min(j->kernels->columns, j->co - within);
  return p;
}

/* A block of pixels: images and output rows. */
typedef struct block {
  int64_t n_first, n_end, h_first, h_end;
} block;

static block block_at(const job *j, int64_t index) {
  const int64_t images = j->plan->detail[DETAIL_IMAGES], rows = j->plan->detail[DETAIL_ROWS];
  const int64_t row_blocks = apus_ceil_div(j->plan->out_h, rows);
  block b = {.n_first = index / row_blocks * images, .h_first = index % row_blocks * rows};
  b.n_end = apus_min(b.n_first + images, j->plan->shape.batch);
  b.h_end = apus_min(b.h_first + rows, j->plan->out_h);
  return b;
}

/* What a piece asks for while it multiplies: the next panel of dy, and its share of the next block of x. */
typedef struct ahead {
  apus_tile_ahead dy, x;
} ahead;

/* The share `index` of `of` equal ones. */
static apus_tile_ahead share(apus_tile_ahead all, int64_t index, int64_t of) {
  all.first = all.pairs * index / of;
  all.pairs = all.pairs * (index + 1) / of;
  return all;
}

/* `count` pieces of `floats`, `distance` apart. */
static apus_tile_ahead memory(const float *from, int64_t distance, int64_t count, int64_t floats) {
  if (distance == floats)
    return (apus_tile_ahead){.from = from, .row = 32, .pairs = apus_ceil_div(count * floats, 32)};
  apus_tile_ahead all = {.from = from, .row = distance};
  while ((int64_t)32 << all.shift < floats)
    all.shift++;
  all.pairs = count << all.shift;
  return all;
}

/* The columns of a piece in a block. Images are whole where a block has several. */
static apus_tile_ahead memory_of_dy(const job *j, const piece *p, const block *b) {
  const int64_t pixels = (b->n_end - b->n_first) * (b->h_end - b->h_first) * j->plan->out_w;
  return memory(j->dy + b->n_first * j->b_n + b->h_first * j->b_h + p->column, j->b_w, pixels, p->columns);
}

/* The rows of x that a block sees and the one before it did not: the share `index` of `of`. */
static apus_tile_ahead memory_of_x(const job *j, const block *before, const block *b, int64_t index, int64_t of) {
  const apus_conv2d *s = &j->plan->shape;
  const int64_t reach = (j->h.taps - 1) * j->h.dilation + 1;
  if (j->w.step > (j->w.taps - 1) * j->w.dilation + 1) { /* pixels between are not seen, nor are rows perhaps */
    const int64_t rows = b->h_end - b->h_first, all = (b->n_end - b->n_first) * rows, row = index * all / of;
    const int64_t count = apus_min((index + 1) * all / of - row, rows - row % rows);
    const int64_t h = j->h.origin + (b->h_first + row % rows) * j->h.step, distance = j->w.step * j->a_w;
    if (count == 0 || h < 0 || h >= s->height)
      return (apus_tile_ahead){0};
    return memory(j->x + (b->n_first + row / rows) * j->a_n + h * j->a_h, distance,
                  (count - 1) * j->h.step * j->a_h / distance + j->plan->out_w, s->in_channels);
  }
  int64_t first = apus_max(0, j->h.origin + b->h_first * j->h.step);
  if (b->n_first == before->n_first)
    first = apus_max(first, j->h.origin + (before->h_end - 1) * j->h.step + reach);
  const int64_t end = apus_min(s->height, j->h.origin + (b->h_end - 1) * j->h.step + reach);
  if (first >= end)
    return (apus_tile_ahead){0};
  const int64_t floats = (b->n_end - b->n_first - 1) * j->a_n + (end - first) * j->a_h;
  return share(memory(j->x + b->n_first * j->a_n + first * j->a_h, floats, 1, floats), index, of);
}

/* One loop over pixels: how many, and the distances in x and dy. */
typedef struct loop {
  int64_t count, a, b;
} loop;

static void swap(loop *a, loop *b) {
  loop t = *a;
  *a = *b;
  *b = t;
}

/* The taps w.tap_first ..< w.tap_end of kernel row p->kh over the output columns w.first ..< w.end. `dy`: the panel's first
 * column at the block's first pixel, with the distances b_n, b_h and b_w. */
static void add_taps(const job *j, const piece *p, const block *b, apus_conv_run h, apus_conv_run w, const float *dy, int64_t b_n,
                     int64_t b_h, int64_t b_w, const ahead *next, float *sums) {
  loop l[3] = {{w.end - w.first, j->w.step * j->a_w, b_w},
               {h.end - h.first, j->h.step * j->a_h, b_h},
               {b->n_end - b->n_first, j->a_n, b_n}};
  /* Joined where they are one run in x and dy; one that is much longer innermost, for along a row memory is read in order. */
  for (int i = 0; i < 2; i++)
    if (l[i + 1].a == l[i].count * l[i].a && l[i + 1].b == l[i].count * l[i].b) {
      l[i + 1] = (loop){l[i].count * l[i + 1].count, l[i].a, l[i].b};
      l[i].count = 1;
    }
  for (int i = 1; i < 3; i++)
    if (l[i].count > LONGER * l[0].count)
      swap(&l[0], &l[i]);

  const apus_conv2d *s = &j->plan->shape;
  apus_tile_product product = {
      .a = j->x + p->group * j->ci + b->n_first * j->a_n + (j->h.origin + h.first * j->h.step + p->kh * j->h.dilation) * j->a_h +
           (j->w.origin + w.first * j->w.step + w.tap_first * j->w.dilation) * j->a_w,
      .b = dy + (h.first - b->h_first) * b_h + w.first * b_w,
      .c = sums + (p->kh * s->kernel_w + w.tap_first) * j->ci * s->out_channels + p->column,
      .rows = (w.tap_end - w.tap_first) * j->ci,
      .columns = (int)p->columns,
      .add = 1,
      .two_sets = 1,
      .b_padded = j->plan->detail[DETAIL_PACK] != 0,
      .outer = l[2].count,
      .inner = l[1].count,
      .length = l[0].count,
      .a_outer = l[2].a,
      .a_inner = l[1].a,
      .a_k = l[0].a,
      .a_row = 1,
      .b_outer = l[2].b,
      .b_inner = l[1].b,
      .b_k = l[0].b,
      .c_row = s->out_channels,
  };
  if (next) {
    const int64_t tiles = apus_ceil_div(product.rows, j->kernels->rows);
    const int64_t turns = tiles * product.outer * product.inner * apus_tile_turns(product.length);
    product.ahead[0] = next->dy;
    product.ahead[1] = next->x;
    for (int i = 0; i < 2; i++)
      product.ahead[i].each = apus_ceil_div(product.ahead[i].pairs - product.ahead[i].first, turns);
  }
  j->kernels->product(&product);
}

static void add_block(const job *j, const piece *p, const block *b, const float *packed, const ahead *next, float *sums) {
  const apus_conv2d_plan *plan = j->plan;
  const apus_conv2d *s = &plan->shape;
  apus_conv_run h = apus_conv_axis_tap(&j->h, p->kh);
  h.first = apus_max(h.first, b->h_first);
  h.end = apus_min(h.end, b->h_end);
  if (h.first >= h.end)
    return;
  const int64_t width = j->kernels->columns;
  const int is_packed = plan->detail[DETAIL_PACK] != 0;
  const int64_t b_w = is_packed ? width : j->b_w, b_h = is_packed ? plan->out_w * width : j->b_h;
  const int64_t b_n = is_packed ? (b->h_end - b->h_first) * b_h : j->b_n;
  const float *dy = is_packed ? packed : j->dy + b->n_first * j->b_n + b->h_first * j->b_h + p->column;
  if (j->tap_groups > 1) {
    apus_conv_run w = apus_conv_axis_tap(&j->w, p->kw);
    if (w.first < w.end)
      add_taps(j, p, b, h, w, dy, b_n, b_h, b_w, next, sums);
    return;
  }
  for (apus_conv_run w = {.end = 0}; w.end < plan->out_w;) {
    w = apus_conv_axis_run(&j->w, w.end, plan->out_w);
    if (w.tap_first < w.tap_end)
      add_taps(j, p, b, h, w, dy, b_n, b_h, b_w, w.tap_end - w.tap_first == s->kernel_w ? next : NULL, sums);
  }
}

static void clear_piece(const job *j, const piece *p, float *sums) {
  const apus_conv2d *s = &j->plan->shape;
  const int64_t rows = (j->tap_groups > 1 ? 1 : s->kernel_w) * j->ci;
  float *row = sums + (p->kh * s->kernel_w + p->kw) * j->ci * s->out_channels + p->column;
  for (int64_t r = 0; r < rows; r++, row += s->out_channels)
    memset(row, 0, (size_t)p->columns * sizeof *row);
}

static void pack_dy(const job *j, const piece *p, const block *b, float *packed) {
  const int64_t pixels = (b->h_end - b->h_first) * j->plan->out_w, width = j->kernels->columns;
  for (int64_t n = b->n_first; n < b->n_end; n++, packed += pixels * width)
    apus_pack_panel(j->dy + n * j->b_n + b->h_first * j->b_h + p->column, j->b_w, pixels, p->columns, width, packed);
}

/* What piece i of first ..< end asks for in block b, before the block `after` (or NULL). */
static ahead ahead_of(const job *j, int64_t i, int64_t first, int64_t end, const block *b, const block *after) {
  const int64_t taps = j->tap_groups * j->plan->shape.kernel_h, next = i / taps * taps + taps;
  ahead a = {0};
  if (next < end || after) {
    const piece q = piece_at(j, next < end ? next : first);
    a.dy = share(memory_of_dy(j, &q, next < end ? b : after), i % taps, taps);
  }
  if (after)
    a.x = memory_of_x(j, b, after, i - first, end - first);
  return a;
}

/* The pieces first ..< end of one chunk. */
static void add_chunk(const job *j, int64_t chunk, int64_t first, int64_t end, float *packed) {
  const int64_t chunks = j->plan->detail[DETAIL_CHUNKS], all = blocks(j->plan);
  float *sums = j->sums + chunk * j->size;
  for (int64_t i = first; i < end && !(chunks == 1 && j->plan->options.accumulate); i++) {
    const piece p = piece_at(j, i);
    clear_piece(j, &p, sums);
  }
  for (int64_t index = all * chunk / chunks; index < all * (chunk + 1) / chunks; index++) {
    const block b = block_at(j, index), after = block_at(j, apus_min(index + 1, all - 1));
    for (int64_t i = first, panel = -1; i < end; i++) {
      const piece p = piece_at(j, i);
      if (j->plan->detail[DETAIL_PACK] && p.panel != panel)
        pack_dy(j, &p, &b, packed);
      panel = p.panel;
      ahead next = {0};
      if (j->far)
        next = ahead_of(j, i, first, end, &b, index + 1 < all ? &after : NULL);
      add_block(j, &p, &b, packed, j->far ? &next : NULL, sums);
    }
  }
}

static void body(void *context, int64_t begin, int64_t end, int slot) {
  const job *j = context;
  float *packed = j->packed + slot * packed_floats(j->plan);
  while (begin < end) {
    const int64_t chunk = begin / j->outs, first = begin % j->outs, last = apus_min(j->outs, first + end - begin);
    add_chunk(j, chunk, first, last, packed);
    begin += last - first;
  }
}

void apus_conv_direct_backward_weights(const apus_conv2d_plan *plan, const float *x, const float *dy, float *dw, void *scratch) {
  const apus_conv2d *s = &plan->shape;
  const int64_t chunks = plan->detail[DETAIL_CHUNKS];
  job j = {.plan = plan, .kernels = apus_tile_for((apus_isa)plan->isa), .x = x, .dy = dy, .size = weights(s)};
  j.h = (apus_conv_axis){plan->out_h, s->kernel_h, s->height, -s->pad_top, s->stride_h, s->dilation_h};
  j.w = (apus_conv_axis){plan->out_w, s->kernel_w, s->width, -s->pad_left, s->stride_w, s->dilation_w};
  j.a_w = s->in_channels;
  j.a_h = s->width * j.a_w;
  j.a_n = s->height * j.a_h;
  j.b_w = s->out_channels;
  j.b_h = plan->out_w * j.b_w;
  j.b_n = plan->out_h * j.b_h;
  j.ci = s->in_channels / s->groups;
  j.co = s->out_channels / s->groups;
  j.panels = panels_of_group(s, j.kernels);
  j.tap_groups = groups_of_taps(s, j.kernels);
  j.outs = all_pieces(s, j.kernels);
  j.far = j.panels > 1 && apus_max(j.a_n, j.b_n) * s->batch > FAR;
  j.sums = chunks > 1 ? scratch : dw;
  j.packed = (float *)scratch + (chunks > 1 ? chunks * j.size : 0);

  const double macs = (double)s->batch * (double)(plan->out_h * plan->out_w) * (double)j.size;
  const int64_t items = chunks * j.outs;
  apus_parallel_for_limited(items, (int64_t)(APUS_MACS_A_THREAD * (double)items / (macs + 1)) + 1, plan->threads, body, &j);
  if (chunks > 1)
    apus_merge_partials(scratch, chunks, j.size, plan->options.accumulate, dw);
}
