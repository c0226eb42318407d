/* The integer references: results wrap around at 32 bits; a division by 0 gives 0. */

#include "apus/elementwise.h"
#include "apus/reference/elementwise.h"
#include "elementwise/broadcast.h"

typedef int32_t scalar;

/* ---- two operands ---- */

static int32_t wrapped(uint32_t bits) { return (int32_t)bits; }

static int32_t quotient(int32_t a, int32_t b) {
  if (b == 0)
    return 0;
  return b == -1 ? wrapped(0u - (uint32_t)a) : a / b;
}

/* Truncated like a quotient: a negative exponent leaves 1, -1 or 0. */
static int32_t power(int32_t base, int32_t exponent) {
  if (exponent < 0)
    return base == 1 ? 1 : base == -1 ? (exponent % 2 ? -1 : 1) : 0;
  uint32_t result = 1, square = (uint32_t)base;
  for (; exponent; exponent /= 2, square *= square)
    if (exponent % 2)
      result *= square;
  return wrapped(result);
}

static int32_t binary_value(apus_binary operation, int32_t a, int32_t b) {
  switch (operation) {
  case APUS_ADD:
    return wrapped((uint32_t)a + (uint32_t)b);
  case APUS_SUBTRACT:
    return wrapped((uint32_t)a - (uint32_t)b);
  case APUS_MULTIPLY:
    return wrapped((uint32_t)a * (uint32_t)b);
  case APUS_DIVIDE:
    return quotient(a, b);
  case APUS_MAXIMUM:
    return b > a ? b : a;
  case APUS_MINIMUM:
    return b < a ? b : a;
  case APUS_POWER:
    return power(a, b);
  }
  return a;
}

void apus_binary_reference_i32(apus_binary operation, const apus_broadcast *space, const int32_t *a, const int32_t *b,
                               int32_t *y) {
  int64_t count = broadcast_count(space);
  for (int64_t i = 0; i < count; i++)
    y[i] =
        binary_value(operation, a[broadcast_offset(space, space->a_strides, i)], b[broadcast_offset(space, space->b_strides, i)]);
}

/* ---- comparison, reduction ---- */

#define compare apus_compare_i32
#include "elementwise/reference/compare_ref.c.inc"

#define LOWEST INT32_MIN
#define HIGHEST INT32_MAX
#define IS_NAN(x) 0
#define SUM(a, b) (int32_t)((uint32_t)(a) + (uint32_t)(b))
#define reduce apus_reduce_reference_i32
#include "elementwise/reference/reduce_ref.c.inc"
