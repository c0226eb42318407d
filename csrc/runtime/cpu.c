#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apus/runtime.h"
#include "runtime/hooks.h"
#include "runtime/status.h"

static const char *const names[APUS_ISA_COUNT] = {"reference", "generic", "avx2", "avx512", "neon"};

/* 0: not yet determined, else the tier + 1. Relaxed: as in runtime/cache.c. */
static atomic_int current;

const char *apus_isa_name(apus_isa isa) { return (unsigned)isa < APUS_ISA_COUNT ? names[isa] : "unknown"; }

int apus_isa_available(apus_isa isa) {
  switch (isa) {
  case APUS_ISA_REFERENCE:
  case APUS_ISA_GENERIC:
    return 1;
  case APUS_ISA_AVX2:
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return 0;
#endif
  case APUS_ISA_AVX512:
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq");
#else
    return 0;
#endif
  case APUS_ISA_NEON:
#if defined(__aarch64__)
    return 1;
#else
    return 0;
#endif
  }
  return 0;
}

static apus_isa best(void) {
  static const apus_isa order[] = {APUS_ISA_NEON, APUS_ISA_AVX512, APUS_ISA_AVX2, APUS_ISA_GENERIC};
  for (unsigned i = 0; i < sizeof order / sizeof order[0]; i++)
    if (apus_isa_available(order[i]))
      return order[i];
  return APUS_ISA_GENERIC;
}

static apus_isa from_environment(void) {
  const char *text = getenv("APUS_ISA");
  if (text && *text) {
    for (int isa = 0; isa < APUS_ISA_COUNT; isa++)
      if (strcmp(text, names[isa]) == 0 && apus_isa_available((apus_isa)isa))
        return (apus_isa)isa;
    /* No status can be returned from here, and running on another tier than asked for would be silent. */
    fprintf(stderr, "apus: warning: APUS_ISA=%s is no tier of this CPU; using %s\n", text, names[best()]);
  }
  return best();
}

apus_isa apus_isa_current(void) {
  int value = atomic_load_explicit(&current, memory_order_relaxed);
  if (value == 0) {
    value = (int)from_environment() + 1;
    atomic_store_explicit(&current, value, memory_order_relaxed);
  }
  return (apus_isa)(value - 1);
}

apus_status apus_isa_select(apus_isa isa, apus_error *error) {
  if ((unsigned)isa >= APUS_ISA_COUNT || !apus_isa_available(isa))
    return apus_fail(error, APUS_UNSUPPORTED, "this CPU or build has no tier %s", apus_isa_name(isa));
  atomic_store_explicit(&current, (int)isa + 1, memory_order_relaxed);
  return apus_succeed(error);
}
