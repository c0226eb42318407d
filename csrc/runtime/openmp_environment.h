#ifndef APUS_RUNTIME_OPENMP_ENVIRONMENT_H
#define APUS_RUNTIME_OPENMP_ENVIRONMENT_H

/* Of OpenMP's variables those whose values its runtime cannot digest are taken out of the environment when the program is loaded,
 * before the runtime reads them: libomp hangs or ends the process at OMP_NUM_THREADS=-3. */

/* Tells once, on standard error, which variables were ignored and how many threads are used: "OMP_NUM_THREADS=-3 ignored: using 2
 * threads". Nothing where none was. */
void apus_openmp_environment_report(int threads);

typedef enum apus_openmp_kind {
  APUS_OPENMP_THREADS, /* "4", or "4,2": one for each level of nesting; each 1 to 65536 */
  APUS_OPENMP_LIMIT,   /* "4": 1 to 2^31 - 1 */
  APUS_OPENMP_SIZE     /* "512" (kilobytes), "4M": up to 1 GB */
} apus_openmp_kind;

/* Whether a value of a variable is of its kind. Spaces may surround a number. */
int apus_openmp_is_valid(apus_openmp_kind kind, const char *text);

/* Whether this process can make files in the folder of POSIX' shared memory: in a bare chroot it belongs to root, and some
 * containers have none. */
int apus_openmp_can_register(const char *folder);

#endif
