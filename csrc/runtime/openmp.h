#ifndef APUS_RUNTIME_OPENMP_H
#define APUS_RUNTIME_OPENMP_H

/* The few OpenMP functions that are needed, declared here so that no <omp.h> has to be found. */
#ifdef _OPENMP
extern int omp_get_thread_num(void);
extern int omp_get_num_threads(void);
extern int omp_in_parallel(void);
extern int omp_get_max_threads(void);
extern void omp_set_num_threads(int count);
#else
static inline int omp_get_thread_num(void) { return 0; }
static inline int omp_get_num_threads(void) { return 1; }
static inline int omp_in_parallel(void) { return 0; }
static inline int omp_get_max_threads(void) { return 1; }
static inline void omp_set_num_threads(int count) { (void)count; }
#endif

#endif
