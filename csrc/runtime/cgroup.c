#include "runtime/cgroup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 4096 };

/* The first numbers of a file, space between them; how many there were. */
static int read_numbers(const char *folder, const char *name, long long *numbers, int count) {
  char path[PATH_BYTES + 64];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "r");
  int found = 0;
  while (file && found < count && fscanf(file, "%lld", &numbers[found]) == 1)
    found++;
  if (file)
    fclose(file);
  return found;
}

/* Of one group, in CPUs rounded up; 0 where it has no quota ("max" is no number, −1 is version 1's word for it). */
static long quota_of(const char *folder, int version) {
  long long numbers[2] = {0, 0};
  if (version == 2) {
    if (read_numbers(folder, "cpu.max", numbers, 2) != 2)
      return 0;
  } else if (read_numbers(folder, "cpu.cfs_quota_us", numbers, 1) != 1 ||
             read_numbers(folder, "cpu.cfs_period_us", numbers + 1, 1) != 1) {
    return 0;
  }
  if (numbers[0] <= 0 || numbers[1] <= 0)
    return 0;
  return (long)((numbers[0] - 1) / numbers[1] + 1);
}

/* The smaller of two quotas, of which 0 is none. */
static long smaller(long a, long b) { return a == 0 || (b > 0 && b < a) ? b : a; }

/* From the group up to the mount. */
static long smallest_quota(const char *mount, const char *group, int version) {
  char folder[PATH_BYTES];
  const size_t root = strlen(mount);
  /* A group outside of the namespace's root is named by "/..", which would lead out of the mount. */
  if (strstr(group, "/..") || root + strlen(group) >= sizeof folder)
    group = "";
  snprintf(folder, sizeof folder, "%s%s", mount, group);
  long quota = quota_of(folder, version);
  for (char *slash; (slash = strrchr(folder, '/')) && (size_t)(slash - folder) >= root;
       quota = smaller(quota, quota_of(folder, version)))
    *slash = 0;
  return quota;
}

/* Whether "cpu" is one of the words with commas between. */
static int names_cpu(const char *controllers) {
  for (const char *word = controllers; *word; word += *word == ',') {
    const size_t length = strcspn(word, ",");
    if (length == 3 && strncmp(word, "cpu", 3) == 0)
      return 1;
    word += length;
  }
  return 0;
}

long apus_cgroup_cpus(const char *root, const char *membership) {
  char line[PATH_BYTES], mount[PATH_BYTES];
  long quota = 0;
  FILE *file = fopen(membership, "r");
  /* "0::/group" of version 2, "4:cpu,cpuacct:/group" of version 1. */
  while (file && fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = 0;
    char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group)
      continue;
    *group++ = 0;
    if (controllers[1] == 0) {
      quota = smaller(quota, smallest_quota(root, group, 2));
    } else if (names_cpu(controllers + 1) && strlen(root) + sizeof "/cpu" <= sizeof mount) {
      snprintf(mount, sizeof mount, "%s/cpu", root);
      quota = smaller(quota, smallest_quota(mount, group, 1));
    }
  }
  if (file)
    fclose(file);
  return quota;
}
