/* Tiers, threads, memory, the thread's slot. */
#define _GNU_SOURCE /* mkdtemp */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_internal.h"
#include "runtime/cgroup.h"
#include "runtime/hooks.h"
#include "runtime/openmp_environment.h"

static void check_tiers(void) {
  if (!check_case("tiers", "names, availability, APUS_ISA"))
    return;
  const char *environment = getenv("APUS_ISA");
  if (environment && *environment)
    check_that(strcmp(apus_isa_name(apus_isa_current()), environment) == 0, "APUS_ISA=%s, but the tier is %s", environment,
               apus_isa_name(apus_isa_current()));
  apus_isa before = apus_isa_current();
  check_that(apus_isa_available(APUS_ISA_REFERENCE) && apus_isa_available(APUS_ISA_GENERIC), "a portable tier is missing");
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++) {
    apus_error error;
    apus_status status = apus_isa_select((apus_isa)isa, &error);
    if (apus_isa_available((apus_isa)isa))
      check_that(status == APUS_OK && (int)apus_isa_current() == isa, "%s cannot be selected", apus_isa_name((apus_isa)isa));
    else
      check_error("a tier that this CPU lacks", status, APUS_UNSUPPORTED, &error);
    for (int other = 0; other < isa; other++)
      check_that(strcmp(apus_isa_name((apus_isa)isa), apus_isa_name((apus_isa)other)) != 0, "two tiers of one name");
  }
  apus_error error;
  check_error("tier 99", apus_isa_select((apus_isa)99, &error), APUS_UNSUPPORTED, &error);
  apus_isa_select(before, NULL);
}

static void check_threads_run(void) {
  if (!check_case("threads really run", "%ld CPUs", sysconf(_SC_NPROCESSORS_ONLN)))
    return;
  check_that(apus_thread_count() >= 1 && apus_thread_count() <= APUS_MAX_THREADS, "%d threads by default", apus_thread_count());
  int by_default = apus_thread_count();
  apus_thread_count_set(1);
  check_that(apus_threads_observed() == 1, "1 thread chosen, %d seen", apus_threads_observed());
  apus_thread_count_set(2);
  /* A build without OpenMP says so and has one thread; any other must run two. */
  int want = strstr(apus_build_description(), "no OpenMP") ? 1 : 2;
  check_that(apus_thread_count() == want && apus_threads_observed() == want, "2 threads chosen, %d counted, %d seen (%s)",
             apus_thread_count(), apus_threads_observed(), apus_build_description());
  apus_thread_count_set(APUS_MAX_THREADS + 1);
  check_that(apus_thread_count() <= APUS_MAX_THREADS, "%d threads", apus_thread_count());
  apus_thread_count_set(0);
  check_that(apus_thread_count() == by_default, "0 does not restore the default");
}

typedef struct visit {
  atomic_int *visits;
  atomic_int slots[APUS_MAX_THREADS];
  atomic_int calls, wrong;
  int64_t count;
} visit;

static void visit_range(void *context, int64_t begin, int64_t end, int slot) {
  visit *v = context;
  atomic_fetch_add(&v->calls, 1);
  if (slot < 0 || slot >= apus_thread_count() || begin < 0 || end > v->count || begin >= end)
    atomic_fetch_add(&v->wrong, 1);
  else if (atomic_fetch_add(&v->slots[slot], 1) != 0)
    atomic_fetch_add(&v->wrong, 1); /* a slot is held by one running call at a time */
  for (int64_t i = begin; i < end; i++)
    atomic_fetch_add(&v->visits[i], 1);
  if (slot >= 0 && slot < APUS_MAX_THREADS)
    atomic_fetch_sub(&v->slots[slot], 1);
}

static void check_parallel_for(void) {
  static const struct {
    int64_t count, grain;
  } loops[] = {{0, 1}, {1, 1}, {2, 1}, {7, 3}, {5, 100}, {1000, 1}, {1000, 999}, {1001, 500}, {64, 0}, {13, -4}};
  if (!check_case("parallel for", "each item once, for every count and grain"))
    return;
  static atomic_int visits[1024];
  for (size_t i = 0; i < sizeof loops / sizeof loops[0]; i++)
    for (int threads = 1; threads <= 5; threads++) {
      visit v = {.visits = visits, .count = loops[i].count};
      for (int j = 0; j < 1024; j++)
        atomic_store(&visits[j], 0);
      apus_thread_count_set(threads);
      apus_parallel_for(loops[i].count, loops[i].grain, visit_range, &v);
      int once = 1;
      for (int64_t j = 0; j < 1024; j++)
        once = once && atomic_load(&visits[j]) == (j < loops[i].count);
      check_that(once && atomic_load(&v.wrong) == 0,
                 "count %lld grain %lld on %d threads: an item missed, done twice or a bad slot", (long long)loops[i].count,
                 (long long)loops[i].grain, threads);
      int64_t grain = loops[i].grain < 1 ? 1 : loops[i].grain, most = loops[i].count / grain;
      check_that(atomic_load(&v.calls) <= (most < 1 ? 1 : most), "ranges smaller than the grain");
    }
  apus_thread_count_set(0);
}

static void nested_range(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  for (int64_t i = begin; i < end; i++) {
    visit v = {.visits = (atomic_int *)context + i * 16, .count = 16};
    apus_parallel_for(16, 1, visit_range, &v);
  }
}

static void check_nested(void) {
  if (!check_case("nested parallel for", "16 times 16 items on 3 threads"))
    return;
  static atomic_int visits[256];
  for (int i = 0; i < 256; i++)
    atomic_store(&visits[i], 0);
  apus_thread_count_set(3);
  apus_parallel_for(16, 1, nested_range, visits);
  apus_thread_count_set(0);
  int once = 1;
  for (int i = 0; i < 256; i++)
    once = once && atomic_load(&visits[i]) == 1;
  check_that(once, "an item missed or done twice");
}

static void check_memory(void) {
  if (!check_case("memory", "sizes from 0 to some large pages, and one that cannot be"))
    return;
  for (size_t size = 0; size <= (size_t)8 << 20; size = size * 3 + 1) {
    unsigned char *pointer = apus_alloc(size);
    check_that(pointer && (uintptr_t)pointer % 64 == 0, "%zu bytes at %p", size, (void *)pointer);
    if (pointer)
      memset(pointer, 1, size);
    apus_free(pointer);
  }
  apus_free(NULL);
  /* volatile: gcc warns where it can see such a size. */
  volatile size_t impossible = SIZE_MAX - 16;
  check_that(apus_alloc(impossible) == NULL, "SIZE_MAX - 16 bytes were granted");
}

/* What is outside of the part that is given up keeps its bytes, and all of it can be written again. */
static void check_discard(void) {
  if (!check_case("memory given up inside a block", "12 MB, from 1 to 11"))
    return;
  const size_t megabyte = (size_t)1 << 20, size = 12 * megabyte;
  unsigned char *block = apus_alloc(size);
  check_that(block != NULL, "no memory");
  if (!block)
    return;
  memset(block, 1, size);
  apus_discard(block + megabyte, 10 * megabyte);
  int kept = 1;
  for (size_t i = 0; i < megabyte; i++)
    kept = kept && block[i] == 1 && block[size - 1 - i] == 1;
  check_that(kept, "bytes outside of it changed");
  memset(block, 2, size);
  check_that(block[0] == 2 && block[6 * megabyte] == 2 && block[size - 1] == 2, "a byte is not what was written");
  apus_free(block);
}

static void check_allocations(void) {
  if (!check_case("allocations are seen", "what every run is held to"))
    return;
  for (size_t size = 100; size < (size_t)4 << 20; size *= 20000) {
    check_allocations_count(1);
    void *volatile pointer = apus_alloc(size);
    int64_t seen = check_allocations_count(0);
    apus_free(pointer);
    check_that(seen == check_allocations_seen(), "%zu bytes: %lld allocations seen, not %d", size, (long long)seen,
               check_allocations_seen());
  }
}

static void read_slot(void *context, int64_t begin, int64_t end, int slot) {
  (void)end;
  (void)slot;
  ((void **)context)[begin] = apus_thread_slot_get();
}

static void check_slot(void) {
  if (!check_case("thread slot", "a pointer of each thread's own"))
    return;
  int value;
  void *seen[2] = {&value, &value};
  apus_thread_slot_set(&value);
  check_that(apus_thread_slot_get() == &value, "the slot does not hold what was set");
  apus_thread_count_set(2);
  apus_parallel_for(2, 1, read_slot, seen);
  if (apus_threads_observed() == 2)
    check_that(seen[0] == &value && seen[1] == NULL, "another thread sees the slot of this one");
  apus_thread_count_set(0);
  apus_thread_slot_set(NULL);
  check_that(apus_thread_slot_get() == NULL, "the slot is not cleared");
}

static void check_openmp_values(void) {
  static const struct {
    const char *text;
    int threads, limit, size;
  } values[] = {
      {"1", 1, 1, 1},          {" 12\t", 1, 1, 1},      {"4,2", 1, 0, 0}, {"4 , 2", 1, 0, 0}, {"007", 1, 1, 1},
      {"65536", 1, 1, 1},      {"65537", 0, 1, 1},      {"0", 0, 0, 1},   {"-3", 0, 0, 0},    {"", 0, 0, 0},
      {"2147483647", 0, 1, 0}, {"2147483648", 0, 0, 0}, {" ", 0, 0, 0},   {"4,", 0, 0, 0},    {",4", 0, 0, 0},
      {"4 2", 0, 0, 0},        {"1e20", 0, 0, 0},       {"two", 0, 0, 0}, {"4,-2", 0, 0, 0},  {"+4", 0, 0, 0},
      {"4.5", 0, 0, 0},        {"0x4", 0, 0, 0},        {"4M", 0, 0, 1},  {"4 mb", 0, 0, 1},  {"1024M", 0, 0, 1},
      {"1025M", 0, 0, 0},      {"1G", 0, 0, 1},         {"2G", 0, 0, 0},  {"1T", 0, 0, 0},    {"4Q", 0, 0, 0},
      {"100B", 0, 0, 1},       {"1048577", 0, 1, 0},    {"M", 0, 0, 0},   {"4MM", 0, 0, 0},   {"100000000000000000000", 0, 0, 0},
  };
  if (!check_case("OpenMP's variables", "values that its runtime can bear"))
    return;
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    const char *text = values[i].text;
    check_that(apus_openmp_is_valid(APUS_OPENMP_THREADS, text) == values[i].threads, "\"%s\" as numbers of threads", text);
    check_that(apus_openmp_is_valid(APUS_OPENMP_LIMIT, text) == values[i].limit, "\"%s\" as a limit", text);
    check_that(apus_openmp_is_valid(APUS_OPENMP_SIZE, text) == values[i].size, "\"%s\" as a size", text);
  }
  check_that(apus_openmp_can_register("/tmp"), "shared memory that can be written");
  check_that(!apus_openmp_can_register("/nothing/there"), "shared memory that is missing");
  check_that(!apus_openmp_can_register("/proc/self/status"), "shared memory that is no folder");
}

enum { PATH_BYTES = 512 };

static void write_text(const char *folder, const char *name, const char *text) {
  char path[PATH_BYTES];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "w");
  check_that(file != NULL, "%s cannot be written", path);
  if (file) {
    fputs(text, file);
    fclose(file);
  }
}

/* A made-up tree of groups: 6 CPUs for the whole, 2.5 for one inside, none for the innermost; in version 1 1 of 8. */
static void check_quotas(void) {
  static const struct {
    const char *membership;
    long cpus;
  } members[] = {
      {"0::/\n", 6},
      {"0::/outer\n", 3},
      {"0::/outer/inner\n", 3},
      {"0::/outer/inner/not/shown\n", 3},
      {"0::/elsewhere\n", 6},
      {"0::/../outside\n", 6},
      {"", 0},
      {"nonsense\n", 0},
      {"5:memory:/outer\n4:cpu,cpuacct:/task\n", 1},
      {"4:cpuset:/task\n", 0},
      {"4:cpuacct,cpu:/\n", 8},
      {"0::/outer\n4:cpu:/\n", 3},
  };
  if (!check_case("CPU quotas", "of nested control groups, versions 1 and 2"))
    return;
  static const char *const folders[] = {"mount", "mount/outer", "mount/outer/inner", "mount/cpu", "mount/cpu/task", "outside"};
  static const struct {
    const char *name, *text;
  } files[] = {
      {"mount/cpu.max", "600000 100000\n"},
      {"mount/outer/cpu.max", "250000 100000\n"},
      {"mount/outer/inner/cpu.max", "max 100000\n"},
      {"mount/cpu/cpu.cfs_quota_us", "800000\n"},
      {"mount/cpu/cpu.cfs_period_us", "100000\n"},
      {"mount/cpu/task/cpu.cfs_quota_us", "50000\n"},
      {"mount/cpu/task/cpu.cfs_period_us", "100000\n"},
      {"outside/cpu.max", "100000 100000\n"}, /* not of those who see the mount alone */
  };
  enum { FOLDERS = sizeof folders / sizeof folders[0], FILES = sizeof files / sizeof files[0] };
  const char *temporary = getenv("TMPDIR");
  char base[256], root[PATH_BYTES], membership[PATH_BYTES], path[PATH_BYTES];
  snprintf(base, sizeof base, "%s/apus-check-XXXXXX", temporary && *temporary ? temporary : P_tmpdir);
  check_that(mkdtemp(base) != NULL, "%s cannot be made", base);
  for (int i = 0; i < FOLDERS; i++) {
    snprintf(path, sizeof path, "%s/%s", base, folders[i]);
    check_that(mkdir(path, 0700) == 0, "%s cannot be made", path);
  }
  for (int i = 0; i < FILES; i++)
    write_text(base, files[i].name, files[i].text);
  snprintf(root, sizeof root, "%s/mount", base);
  snprintf(membership, sizeof membership, "%s/membership", base);
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    write_text(base, "membership", members[i].membership);
    const long cpus = apus_cgroup_cpus(root, membership);
    check_that(cpus == members[i].cpus, "%s: %ld CPUs, not %ld", members[i].membership, cpus, members[i].cpus);
  }
  check_that(apus_cgroup_cpus(root, "/nothing/there") == 0, "a quota without a membership");
  remove(membership);
  for (int i = 0; i < FILES; i++) {
    snprintf(path, sizeof path, "%s/%s", base, files[i].name);
    remove(path);
  }
  for (int i = FOLDERS - 1; i >= 0; i--) {
    snprintf(path, sizeof path, "%s/%s", base, folders[i]);
    remove(path);
  }
  check_that(rmdir(base) == 0, "%s is left behind", base);
}

static void check_texts(void) {
  if (!check_case("texts", "status names, version, build"))
    return;
  for (int i = APUS_OK; i <= APUS_OUT_OF_MEMORY; i++)
    for (int j = APUS_OK; j < i; j++)
      check_that(strcmp(apus_status_name((apus_status)i), apus_status_name((apus_status)j)) != 0, "two statuses of one name");
  check_that(strcmp(apus_status_name((apus_status)99), "unknown status") == 0, "status 99 is called %s",
             apus_status_name((apus_status)99));
  check_that(strcmp(apus_version(), APUS_CHECK_VERSION) == 0, "the library says %s, the build %s", apus_version(),
             APUS_CHECK_VERSION);
  check_that(strcmp(APUS_VERSION, apus_version()) == 0, "the header says %s, the library %s", APUS_VERSION, apus_version());
  int major = -1, minor = -1, patch = -1;
  sscanf(apus_version(), "%d.%d.%d", &major, &minor, &patch);
  check_that(APUS_VERSION_NUMBER == major * 10000 + minor * 100 + patch, "the header counts %d, the library is %s",
             APUS_VERSION_NUMBER, apus_version());
  check_that(strstr(apus_build_description(), apus_version()) != NULL, "the build's text lacks the version: %s",
             apus_build_description());
}

void check_runtime_family(void) {
  check_tiers();
  check_threads_run();
  check_parallel_for();
  check_nested();
  check_memory();
  check_discard();
  check_allocations();
  check_slot();
  check_openmp_values();
  check_quotas();
  check_texts();
}
