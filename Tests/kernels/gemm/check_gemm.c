/* Matrix products: four transpositions, rows longer than needed, accumulation, epilogue. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "check.h"
#include "gemm/bf16.h"

/* A plan and its scratch for each thread count. */
typedef struct gemm_run {
  apus_gemm_plan plan[CHECK_MOST_COUNTS];
  void *scratch[CHECK_MOST_COUNTS];
  gemm_call call;
} gemm_run;

static void run_gemm(void *context) {
  gemm_run *run = context;
  run->call.plan = run->plan[check_running()];
  run->call.scratch = run->scratch[check_running()];
  call_gemm(&run->call);
}

typedef struct operands {
  apus_gemm shape;
  int64_t a_count, b_count, c_count;
  int integers;
  float *a, *b, *bias, *initial;
} operands;

/* Elements from the first to the last of a matrix of `rows` rows that lie `stride` apart. */
static int64_t extent(int64_t rows, int64_t columns, int64_t stride) {
  return rows && columns ? (rows - 1) * stride + columns : 0;
}

/* What lies between the rows stays poison (NaN): it must be neither used nor written. */
static void fill_rows(float *x, int64_t rows, int64_t columns, int64_t stride, int integers) {
  for (int64_t i = 0; i < rows; i++)
    integers ? check_fill_integers(x + i * stride, columns, 4) : check_fill(x + i * stride, columns);
}

static void make_operands(operands *o, const apus_gemm *s, int integers) {
  int64_t a_rows = s->transpose_a ? s->k : s->m, a_columns = s->transpose_a ? s->m : s->k;
  int64_t b_rows = s->transpose_b ? s->n : s->k, b_columns = s->transpose_b ? s->k : s->n;
  *o = (operands){.shape = *s, .integers = integers};
  o->a_count = extent(a_rows, a_columns, s->lda);
  o->b_count = extent(b_rows, b_columns, s->ldb);
  o->c_count = extent(s->m, s->n, s->ldc);
  fill_rows(o->a = check_input(o->a_count), a_rows, a_columns, s->lda, integers);
  fill_rows(o->b = check_input(o->b_count), b_rows, b_columns, s->ldb, integers);
  fill_rows(o->initial = check_input(o->c_count), s->m, s->n, s->ldc, integers);
  o->bias = check_input(s->n);
  integers ? check_fill_integers(o->bias, s->n, 4) : check_fill(o->bias, s->n);
}

static int plan_forced(gemm_run *run, const operands *o, int implementation) {
  const char *name = apus_gemm_implementation_name((apus_gemm_implementation)implementation);
  const apus_gemm_options options = {.precision =
                                         implementation == APUS_GEMM_BF16 ? APUS_PRECISION_BF16 : APUS_PRECISION_DEFAULT};
  int counts[CHECK_MOST_COUNTS], plans = check_thread_counts(counts), good = 0;
  for (int i = 0; i < plans; i++) {
    apus_error error;
    apus_thread_count_set(counts[i]);
    apus_status status =
        apus_gemm_plan_force(&run->plan[i], &o->shape, &options, (apus_gemm_implementation)implementation, &error);
    if (status != APUS_OK) {
      check_error(name, status, APUS_UNSUPPORTED, &error);
      check_that(implementation != APUS_GEMM_REFERENCE, "the reference declines: %s", error.text);
      break;
    }
    good = (int)run->plan[i].implementation == implementation && run->plan[i].threads <= counts[i];
    check_that(good, "%s: the plan does not hold what was asked", name);
    run->scratch[i] = check_scratch(run->plan[i].scratch_bytes);
  }
  apus_thread_count_set(0);
  return good;
}

/* Rounded to the 8 significant bits of bfloat16, nearest even. */
static float *rounded(const float *x, int64_t count) {
  float *y = check_copy(x, count);
  for (int64_t i = 0; i < count; i++) {
    int exponent;
    const double fraction = frexp(x[i], &exponent);
    y[i] = (float)ldexp(nearbyint(ldexp(fraction, 8)), exponent - 8);
  }
  return y;
}

/* In double precision: C, and the sum of magnitudes. */
typedef struct expected {
  double *c, *magnitude;
} expected;

static expected expect(const operands *o, const float *a, const float *b) {
  const apus_gemm *s = &o->shape;
  const expected e = {check_widen(o->initial, o->c_count), check_magnitude(o->initial, o->c_count)};
  apus_gemm_reference_f64(s, check_widen(a, o->a_count), check_widen(b, o->b_count), NULL, APUS_ACTIVATION_NONE, e.c);
  apus_gemm_reference_f64(s, check_magnitude(a, o->a_count), check_magnitude(b, o->b_count), NULL, APUS_ACTIVATION_NONE,
                          e.magnitude);
  return e;
}

/* Of operands rounded to bfloat16, where some tier multiplies those: it costs as much as the other. */
static expected expect_of_bf16(const operands *o, const expected *product) {
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++) {
    const char *reason;
    if ((check_chosen.isa < 0 || check_chosen.isa == isa) && apus_isa_available((apus_isa)isa) &&
        apus_bf16_for((apus_isa)isa, &reason))
      return expect(o, rounded(o->a, o->a_count), rounded(o->b, o->b_count));
  }
  return *product;
}

/* The same with bias and activation. */
static expected finished(const operands *o, const expected *product, int with_bias, apus_activation activation) {
  const apus_gemm *s = &o->shape;
  const expected e = {check_doubles(o->c_count), check_doubles(o->c_count)};
  memcpy(e.c, product->c, (size_t)o->c_count * sizeof *e.c);
  memcpy(e.magnitude, product->magnitude, (size_t)o->c_count * sizeof *e.c);
  for (int64_t i = 0; i < s->m; i++)
    for (int64_t j = 0; j < s->n; j++) {
      const int64_t at = i * s->ldc + j;
      if (with_bias) {
        e.c[at] += (double)o->bias[j];
        e.magnitude[at] += fabs((double)o->bias[j]);
      }
      if (activation == APUS_ACTIVATION_RELU && e.c[at] < 0)
        e.c[at] = 0;
    }
  return e;
}

/* Rows of C at the stride of C, so that they compare as one array; poison between rows is wanted as NaN. */
static void check_product(const operands *o, const expected *product, const expected *product_of_bf16, int with_bias,
                          apus_activation activation) {
  int outer = check_mark();
  const apus_gemm *s = &o->shape;
  const expected exact = finished(o, product, with_bias, activation);
  const expected of_bf16 = finished(o, product_of_bf16, with_bias, activation);
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++)
    for (int i = 0; i < APUS_GEMM_IMPLEMENTATIONS && check_select(isa); i++) {
      gemm_run run = {.call = {.a = o->a, .b = o->b, .bias = with_bias ? o->bias : NULL, .activation = activation}};
      int mark = check_mark();
      if ((i != APUS_GEMM_REFERENCE || isa == APUS_ISA_REFERENCE) && plan_forced(&run, o, i)) {
        const expected *want = i == APUS_GEMM_BF16 ? &of_bf16 : &exact;
        run.call.c = check_output(o->c_count, s->accumulate ? o->initial : NULL);
        check_run(apus_gemm_implementation_name((apus_gemm_implementation)i), run_gemm, &run);
        if (o->integers)
          check_exact("C", run.call.c, want->c, o->c_count);
        else
          check_close("C", run.call.c, want->c, want->magnitude, o->c_count, (double)s->k + 2);
        if (s->ldc == s->n && (with_bias || activation != APUS_ACTIVATION_NONE)) {
          float *fused = check_copy(run.call.c, o->c_count);
          run.call.bias = NULL;
          run.call.activation = APUS_ACTIVATION_NONE;
          run_gemm(&run);
          if (with_bias)
            apus_bias_activation_forward(s->m, s->n, run.call.c, o->bias, activation, run.call.c);
          else
            apus_relu_forward(o->c_count, run.call.c, run.call.c);
          check_same_bits("fused and unfused", fused, run.call.c, sizeof(float), o->c_count);
        }
      }
      check_release(mark);
    }
  check_release(outer);
}

static void check_shape(const char *name, const int64_t *sizes) {
  const int64_t m = sizes[0], n = sizes[1], k = sizes[2];
  for (int transposes = 0; transposes < 4; transposes++) {
    int ta = transposes & 1, tb = transposes >> 1;
    for (int variant = 0; variant < 4; variant++) {
      /* 0: reals, tight rows, epilogue; 1: integers, tight; 2: reals, long rows, accumulate; 3: integers, long rows. */
      int long_rows = variant >= 2, integers = variant & 1, accumulate = variant == 2 || (variant == 1 && transposes % 2);
      if (!check_case(name, "m %lld n %lld k %lld%s%s%s%s%s", (long long)m, (long long)n, (long long)k,
                      ta ? ", A transposed" : "", tb ? ", B transposed" : "", long_rows ? ", long rows" : "",
                      integers ? ", integers" : "", accumulate ? ", accumulate" : ""))
        return;
      const bench_shape line = shape_of("gemm", (int64_t[]){m, n, k, ta, tb});
      apus_gemm s = call_gemm_shape(&line);
      s.accumulate = accumulate;
      if (long_rows) {
        s.lda += check_random_int(1, 17);
        s.ldb += check_random_int(1, 17);
        s.ldc += check_random_int(1, 17);
      }
      operands o;
      make_operands(&o, &s, integers);
      const expected product = expect(&o, o.a, o.b), of_bf16 = expect_of_bf16(&o, &product);
      check_product(&o, &product, &of_bf16, 0, APUS_ACTIVATION_NONE);
      if (!accumulate && variant != 3) {
        check_product(&o, &product, &of_bf16, 1, APUS_ACTIVATION_RELU);
        check_product(&o, &product, &of_bf16, transposes & 1, transposes & 1 ? APUS_ACTIVATION_NONE : APUS_ACTIVATION_RELU);
      }
    }
  }
}

/* C so large that it is written past the caches, its last panel not whole. */
static void check_streamed(void) {
  if (!check_case("streamed C", "m 2050 n 4112 k 2, A transposed"))
    return;
  const apus_gemm s = {.m = 2050, .n = 4112, .k = 2, .lda = 2050, .ldb = 4112, .ldc = 4112, .transpose_a = 1};
  operands o;
  make_operands(&o, &s, 0);
  const expected product = expect(&o, o.a, o.b), of_bf16 = expect_of_bf16(&o, &product);
  check_product(&o, &product, &of_bf16, 0, APUS_ACTIVATION_NONE);
}

void check_gemm_family(void) {
  const bench_shape *line;
  for (int i = 0; (line = check_line("gemm", i)); i++)
    check_shape(line->name, line->size);
  check_streamed();
  for (int64_t i = 0; i < check_chosen.cases; i++) {
    char name[32];
    snprintf(name, sizeof name, "random %lld", (long long)i);
    if (check_case(name, "a random shape")) {
      const int64_t m = check_random_int(1, 70), n = check_random_int(1, 70), k = check_random_int(1, 130);
      check_shape(name, (int64_t[]){m, n, k});
    }
  }
}
