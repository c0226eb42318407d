#ifndef APUS_OPTIMIZER_H
#define APUS_OPTIMIZER_H

#include <stddef.h>
#include <stdint.h>

/* Optimizer steps: one pass over all parameters in one call. */

#ifdef __cplusplus
extern "C" {
#endif

/* In every rule g is the gradient, w the value, η = learning_rate · rate of the item, λ its weight_decay, and a state is an array
 * of `count` that starts at 0. Except where it says otherwise λ is an L2 penalty: g = gradient + λ·w comes first. */
typedef enum apus_optimizer {
  /* Gradient descent with momentum μ (PyTorch's form, dampening 0). state[0]: velocity v, NULL where momentum is 0.
   *   v = μ·v + g
   *   w = w − η·(nesterov ? g + μ·v : v) */
  APUS_SGD,
  /* Adam (Kingma & Ba 2015, algorithm 1), or with `decoupled` AdamW (Loshchilov & Hutter 2019, algorithm 2; their schedule
   * multiplier is part of the learning rate, as in PyTorch): then g has no λ·w, and w = w − η·λ·w comes first.
   * state[0]: m, state[1]: v. Without bias_correction the two divisors 1 − βᵗ are 1.
   *   m = m + (1 − β1)·(g − m)
   *   v = v + (1 − β2)·(g² − v)
   *   w = w − η·(m / (1 − β1ᵗ)) / (√(v / (1 − β2ᵗ)) + ε) */
  APUS_ADAM,
  /* RMSProp (Tieleman & Hinton 2012; momentum and centering as Graves 2013). state[0]: s; state[1]: mean ḡ of gradients, where
   * `centered`, else NULL; state[2]: velocity u, NULL where momentum is 0 (then u = d).
   *   s = s + (1 − β2)·(g² − s);  ḡ = ḡ + (1 − β2)·(g − ḡ);  t = centered ? max(s − ḡ², 0) : s
   *   d = g / (epsilon_inside ? √(t + ε) : √t + ε)
   *   u = μ·u + d
   *   w = w − η·u */
  APUS_RMSPROP,
  /* Adagrad (Duchi et al. 2011). state[0]: sum of squares s.
   *   s = s + g²
   *   w = w − η / (1 + (t − 1)·rate_decay)·g / (√s + ε) */
  APUS_ADAGRAD,
  /* Sign-SGD, with momentum Signum (Bernstein et al. 2018). λ is decoupled, as in AdamW. state[0]: m, NULL where momentum is 0
   * (then m = g).
   *   m = m + (1 − μ)·(g − m)
   *   w = w − η·λ·w − η·sign(m),  sign(±0) = 0, sign(NaN) = NaN */
  APUS_SIGN_SGD,
  /* The way uphill of SAM (Foret et al. 2021), η = ρ/‖g‖; no λ. w stays as it is to go back to, state[0] receives the place.
   *   state[0] = w + η·g */
  APUS_ASCENT,
  APUS_OPTIMIZER_COUNT
} apus_optimizer;

enum { APUS_OPTIMIZER_STATES = 3 };

/* One parameter of a step: `count` elements in each array; nothing may overlap. */
typedef struct apus_optimizer_item {
  int64_t count;
  float *value;
  const float *gradient;
  float *state[APUS_OPTIMIZER_STATES]; /* NULL beyond those of the rule */
  double rate;                         /* multiplies the learning rate; usually 1 */
  double weight_decay;
  int64_t step; /* t: how many steps this parameter has had with this one; from 1 on */
} apus_optimizer_item;

/* The numbers that are the same for every parameter. A rule reads those of its formula. */
typedef struct apus_optimizer_options {
  double learning_rate;
  double momentum;     /* μ */
  double beta1, beta2; /* below 1 */
  double epsilon;
  double rate_decay;
  int nesterov, decoupled, bias_correction, centered, epsilon_inside;
} apus_optimizer_options;

/* As the enumeration has it, without the prefix: "sign_sgd". */
const char *apus_optimizer_name(apus_optimizer rule);

void apus_optimizer_step(apus_optimizer rule, int64_t items, const apus_optimizer_item *item,
                         const apus_optimizer_options *options);

#ifdef __cplusplus
}
#endif
#endif
