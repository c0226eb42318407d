#ifndef APUS_RUNTIME_CGROUP_H
#define APUS_RUNTIME_CGROUP_H

/* CPUs that control groups grant a process, rounded up: the smallest quota of its own group and of every group above it; 0: no
 * quota. `root` is where control groups are mounted ("/sys/fs/cgroup"), `membership` the file that names the process' groups
 * ("/proc/self/cgroup"). Reads version 2 (cpu.max) and version 1 (cpu.cfs_quota_us of the controller cpu). A group that the mount
 * does not show, as in a container without a namespace of its own, counts from the nearest group above it that it shows. */
long apus_cgroup_cpus(const char *root, const char *membership);

#endif
