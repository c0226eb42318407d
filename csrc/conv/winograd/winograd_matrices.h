#ifndef APUS_CONV_WINOGRAD_MATRICES_H
#define APUS_CONV_WINOGRAD_MATRICES_H

/* The matrices of Winograd's minimal filtering F(m×m, r×r):  y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A.
 *
 * F(4×4, 3×3) interpolates at 0, ±√½, ±√2 and ∞. With roots whose product is 1 (Alam et al., ACM TECS 2022, arXiv:2201.10369) its
 * error is 4 to 5 times smaller than at the usual ±1, ±2, at the same number of operations. F(2×2, 3×3) interpolates at 0, ±1, ∞.
 * F(2×2, 5×5) has the points of F(4×4, 3×3), and so its Bᵀ: that depends on the points alone.
 *
 * The kernels (winograd_transform.c.inc) use the constants in factored form; the matrices are what the factors must give, and
 * the checks test that they are an identity. */

#define WINOGRAD_ROOT_HALF 0.70710678118654752440
#define WINOGRAD_ROOT_TWO 1.41421356237309504880

#define A WINOGRAD_ROOT_HALF
#define B WINOGRAD_ROOT_TWO

static const double apus_winograd_f4_bt[6][6] = {
    {1, 0, -2.5, 0, 1, 0},  {0, -B, -2, A, 1, 0},   {0, B, -2, -A, 1, 0},
    {0, -A, -0.5, B, 1, 0}, {0, A, -0.5, -B, 1, 0}, {0, 1, 0, -2.5, 0, 1},
};
static const double apus_winograd_f4_g[6][3] = {
    {1, 0, 0},
    {-2.0 / 3, -2.0 / 3 * A, -1.0 / 3},
    {-2.0 / 3, 2.0 / 3 * A, -1.0 / 3},
    {1.0 / 6, 1.0 / 6 * B, 1.0 / 3},
    {1.0 / 6, -1.0 / 6 * B, 1.0 / 3},
    {0, 0, 1},
};
static const double apus_winograd_f4_at[4][6] = {
    {1, 1, 1, 1, 1, 0},
    {0, A, -A, B, -B, 0},
    {0, 0.5, 0.5, 2, 2, 0},
    {0, 0.5 * A, -0.5 * A, 2 * B, -2 * B, 1},
};

static const double apus_winograd_f2_5_g[6][5] = {
    {1, 0, 0, 0, 0},
    {-2.0 / 3, -2.0 / 3 * A, -1.0 / 3, -1.0 / 3 * A, -1.0 / 6},
    {-2.0 / 3, 2.0 / 3 * A, -1.0 / 3, 1.0 / 3 * A, -1.0 / 6},
    {1.0 / 6, 1.0 / 6 * B, 1.0 / 3, 1.0 / 3 * B, 2.0 / 3},
    {1.0 / 6, -1.0 / 6 * B, 1.0 / 3, -1.0 / 3 * B, 2.0 / 3},
    {0, 0, 0, 0, 1},
};
static const double apus_winograd_f2_5_at[2][6] = {{1, 1, 1, 1, 1, 0}, {0, A, -A, B, -B, 1}};

static const double apus_winograd_f2_bt[4][4] = {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, -1, 0, 1}};
static const double apus_winograd_f2_g[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
static const double apus_winograd_f2_at[2][4] = {{1, 1, 1, 0}, {0, 1, -1, 1}};

#undef A
#undef B

#endif
