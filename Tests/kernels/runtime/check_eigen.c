/* Eigenvalues by LAPACK: what defines them, and what is refused. */
#include <math.h>
#include <string.h>

#include "check.h"
#include "openblas/openblas.h"

/* A·v = λ·v and unit vectors, for all of them, values in order. */
static void check_size(int64_t n) {
  if (!check_case("symmetric matrix", "%lld by %lld", (long long)n, (long long)n))
    return;
  double *a = check_doubles(n * n), *vectors = check_doubles(n * n), *values = check_doubles(n);
  check_fill_doubles(a, n * n);
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < i; j++)
      a[i * n + j] = a[j * n + i];
  memcpy(vectors, a, (size_t)(n * n) * sizeof *a);
  apus_error error;
  if (apus_symmetric_eigen(n, vectors, values, &error) != APUS_OK) {
    check_that(0, "refused: %s", error.text);
    return;
  }
  double worst = 0;
  for (int64_t k = 0; k < n; k++) {
    const double *v = vectors + k * n;
    double length = 0;
    for (int64_t i = 0; i < n; i++) {
      double sum = 0;
      for (int64_t j = 0; j < n; j++)
        sum += a[i * n + j] * v[j];
      worst = fmax(worst, fabs(sum - values[k] * v[i]));
      length += v[i] * v[i];
    }
    worst = fmax(worst, fabs(length - 1));
    check_that(k == 0 || values[k - 1] <= values[k], "value %lld is below the one before", (long long)k);
  }
  check_that(worst <= 1e-12 * (double)n, "an equation is off by %g", worst);
}

void check_eigen_family(void) {
  apus_error error;
  double one = 4, value = 0;
  if (!apus_has_openblas()) {
    if (check_case("without OpenBLAS", "refused"))
      check_error("eigen", apus_symmetric_eigen(1, &one, &value, &error), APUS_UNSUPPORTED, &error);
    return;
  }
  static const int64_t sizes[] = {1, 2, 3, 17, 65, 192};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
    check_size(sizes[i]);
  if (check_case("sizes out of range", "refused")) {
    check_error("0", apus_symmetric_eigen(0, &one, &value, &error), APUS_INVALID_ARGUMENT, &error);
    check_error("32769", apus_symmetric_eigen(32769, &one, &value, &error), APUS_OVERFLOW, &error);
  }
}
