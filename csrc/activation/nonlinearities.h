#ifndef APUS_NONLINEARITIES_H
#define APUS_NONLINEARITIES_H

/* The nonlinearities, a line each: number in apus/activation.h, the function, its derivative, which of the two the derivative
 * reads. nonlinearity.c.inc has these functions over vectors, nonlinearity_ref.c.inc over doubles; all take the parameter last.
 */
enum { READS_OUTPUT, READS_INPUT };
#define APUS_NONLINEARITIES(each)                                                                                                \
  each(APUS_THRESHOLD, threshold, threshold_derivative, READS_OUTPUT)                                                            \
      each(APUS_SIGMOID, sigmoid, sigmoid_derivative, READS_OUTPUT)                                                              \
          each(APUS_TANH, hyperbolic_tangent, hyperbolic_tangent_derivative, READS_OUTPUT)                                       \
              each(APUS_LEAKY_RELU, leaky_relu, leaky_relu_derivative, READS_OUTPUT)                                             \
                  each(APUS_ELU, elu, elu_derivative, READS_OUTPUT) each(APUS_SWISH, swish, swish_derivative, READS_INPUT)       \
                      each(APUS_GELU, gelu, gelu_derivative, READS_INPUT)                                                        \
                          each(APUS_GELU_TANH, gelu_tanh, gelu_tanh_derivative, READS_INPUT)                                     \
                              each(APUS_SOFTPLUS, softplus, softplus_derivative, READS_OUTPUT)

#endif
