#ifndef APUS_RUNTIME_CHOICE_H
#define APUS_RUNTIME_CHOICE_H

/* Ask, plan, explain: how an operation with several implementations chooses one and says why. Each is asked in the order of the
 * list; the first that takes the plan is chosen, and the last takes everything. */

#include <stddef.h>

#include "apus/status.h"
#include "apus/types.h"

typedef struct apus_choice {
  const char *operation; /* as in error texts and APUS_FORCE */
  const char *alias;     /* another name of it in APUS_FORCE, or NULL */
  int count;
  const char *(*name)(int implementation);
  /* 1: it takes the plan, which now says so; 0: the plan is as it was. The plan holds the reason either way. */
  int (*ask)(void *plan, int implementation);
} apus_choice;

/* The implementation that APUS_FORCE names for the operation into *implementation, −1 where it names none; APUS_UNSUPPORTED where
 * the operation has none of that name. */
apus_status apus_choice_forced(const apus_choice *choice, int *implementation, apus_error *error);

/* Asks one after the other from `first` on until one takes the plan. */
void apus_choice_make(const apus_choice *choice, void *plan, int first);

/* One answer for each implementation whose reason is not NULL, in the order of the list; their number. */
int apus_choice_reasons(const apus_choice *choice, const char *const *reasons, int chosen, apus_plan_reason *to);

/* "…: direct: why; depthwise declined: why" into buffer, which has `size` bytes and is always terminated. `used`: what snprintf
 * returned for the text before it. */
void apus_choice_explain(const apus_plan_reason *reasons, int count, char *buffer, size_t size, int used);

/* Prints a plan's text to standard error where APUS_VERBOSE=plan asks for it. */
void apus_choice_print(void (*describe)(const void *plan, char *buffer, size_t size), const void *plan);

#endif
