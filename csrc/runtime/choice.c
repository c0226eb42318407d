#include "runtime/choice.h"

#include <stdio.h>
#include <string.h>

#include "runtime/environment.h"
#include "runtime/status.h"

apus_status apus_choice_forced(const apus_choice *choice, int *implementation, apus_error *error) {
  char name[32];
  *implementation = -1;
  if (!apus_forced_implementation(choice->operation, name, sizeof name) &&
      !(choice->alias && apus_forced_implementation(choice->alias, name, sizeof name)))
    return APUS_OK;
  for (int i = 0; i < choice->count; i++)
    if (strcmp(name, choice->name(i)) == 0) {
      *implementation = i;
      return APUS_OK;
    }
  return apus_fail(error, APUS_UNSUPPORTED, "%s: APUS_FORCE names %s, which is not an implementation", choice->operation, name);
}

void apus_choice_make(const apus_choice *choice, void *plan, int first) {
  int i = first;
  while (!choice->ask(plan, i))
    i++;
}

int apus_choice_reasons(const apus_choice *choice, const char *const *reasons, int chosen, apus_plan_reason *to) {
  int count = 0;
  for (int i = 0; i < choice->count; i++)
    if (reasons[i])
      to[count++] = (apus_plan_reason){.implementation = choice->name(i), .text = reasons[i], .chosen = i == chosen};
  return count;
}

void apus_choice_explain(const apus_plan_reason *reasons, int count, char *buffer, size_t size, int used) {
  /* The choice first, then who declined. */
  for (int declined = 0; declined <= 1; declined++)
    for (int i = 0; i < count && used >= 0 && (size_t)used < size; i++) {
      if (reasons[i].chosen == declined)
        continue;
      const int more = snprintf(buffer + used, size - (size_t)used, declined ? "; %s declined: %s" : ": %s: %s",
                                reasons[i].implementation, reasons[i].text);
      used = more < 0 ? more : used + more;
    }
}

void apus_choice_print(void (*describe)(const void *plan, char *buffer, size_t size), const void *plan) {
  if (!apus_verbose_plans())
    return;
  char text[512];
  describe(plan, text, sizeof text);
  fprintf(stderr, "apus: plan: %s\n", text);
}
