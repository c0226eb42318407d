#include "apus/runtime.h"

static _Thread_local void *slot;

void *apus_thread_slot_get(void) { return slot; }

void apus_thread_slot_set(void *value) { slot = value; }
