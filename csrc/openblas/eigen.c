#include "apus/eigen.h"

#include "apus/runtime.h"
#include "openblas/openblas.h"
#include "runtime/limits.h"
#include "runtime/status.h"

/* LAPACK's own blocks have up to 64 columns; beyond 2 + 64 a column more work space is not faster. */
enum { MOST = 32768, WORK_A_COLUMN = 66 };

apus_status apus_symmetric_eigen(int64_t n, double *matrix, double *values, apus_error *error) {
  if (!apus_has_openblas())
    return apus_fail(error, APUS_UNSUPPORTED, "symmetric eigen: this build has no OpenBLAS");
  const apus_size sizes[] = {{"n", n, 1}};
  const apus_status status = apus_check_sizes("symmetric eigen", sizes, 1, MOST, error);
  if (status != APUS_OK)
    return status;
  double *work = apus_alloc((size_t)n * WORK_A_COLUMN * sizeof *work);
  if (!work)
    return apus_fail(error, APUS_OUT_OF_MEMORY, "symmetric eigen: no memory for %lld columns", (long long)n);
  int info;
  /* Column by column or row by row a symmetric matrix is the same, and a column of vectors is our row. */
  apus_dsyev((int)n, matrix, values, work, (int)n * WORK_A_COLUMN, &info);
  apus_free(work);
  if (info != 0)
    return apus_fail(error, APUS_INVALID_ARGUMENT, "symmetric eigen: dsyev does not converge (info %d)", info);
  return apus_succeed(error);
}
