/* Extreme geometries: the family, which makes one kind after the other (check_geometries.h). */
#include "check_geometries.h"

#include <stdio.h>

/* Of one random case that other families make. */
enum { GEOMETRIES_A_CASE = 250 };

static const struct {
  const char *name;
  void (*check)(const char *name, geometry_tally *tally);
  int share; /* of 16 */
} kinds[] = {
    {"conv2d", check_geometry_conv2d, 9},     {"pool2d", check_geometry_pool2d, 4}, {"gemm", check_geometry_gemm, 1},
    {"resample", check_geometry_resample, 1}, {"norm", check_geometry_norm, 1},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

void check_geometries_family(void) {
  geometry_tally tallies[KINDS] = {{0}};
  for (geometry_turn = 0; geometry_turn < check_chosen.cases * GEOMETRIES_A_CASE; geometry_turn++) {
    int kind = 0;
    for (int64_t place = geometry_turn % 16; place >= kinds[kind].share; kind++)
      place -= kinds[kind].share;
    char name[48];
    snprintf(name, sizeof name, "%s geometry %lld", kinds[kind].name, (long long)geometry_turn);
    if (!check_case(name, "not yet made") || !geometry_select())
      continue;
    apus_thread_count_set(geometry_threads());
    tallies[kind].made++;
    kinds[kind].check(name, &tallies[kind]);
    apus_thread_count_set(0);
  }
  geometry_turn = 0;
  for (int i = 0; i < KINDS; i++)
    printf("  %-9s %lld geometries: %lld refused, %lld accepted but too large to run, %lld run in %lld passes\n", kinds[i].name,
           (long long)tallies[i].made, (long long)tallies[i].refused, (long long)tallies[i].large, (long long)tallies[i].ran,
           (long long)tallies[i].passes);
}
