#ifndef APUS_EIGEN_H
#define APUS_EIGEN_H

#include <stdint.h>

#include "apus/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Eigenvalues and eigenvectors of a real symmetric matrix [n, n], contiguous, n from 1 to 32768: by LAPACK's dsyev, which
 * OpenBLAS has. values [n], the smallest first; row k of the matrix becomes the unit vector of values[k], its sign left open.
 * APUS_UNSUPPORTED in a build without OpenBLAS, APUS_OUT_OF_MEMORY, APUS_INVALID_ARGUMENT where n is out of range or the
 * iteration does not converge, as with a NaN. */
apus_status apus_symmetric_eigen(int64_t n, double *matrix, double *values, apus_error *error);

#ifdef __cplusplus
}
#endif
#endif
