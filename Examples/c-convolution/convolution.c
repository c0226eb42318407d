/* A convolution from C, checked against numbers computed by hand.
 *
 *   cc -std=c11 convolution.c $(pkg-config --cflags --libs apus) -o convolution && ./convolution
 */
#include <apus/apus.h>
#include <stdio.h>
#include <stdlib.h>

/* x [1, 4, 4, 1]: the numbers 1 to 16, row by row. */
static const float x[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

/* w [3, 3, 1, 2]: the output channels alternate. Channel 0 adds the window up; channel 1 takes the pixel left of the center
 * from the one right of it. */
static const float w[18] = {1, 0, 1, 0, 1, 0, 1, -1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0};
static const float bias[2] = {-60, 1};

/* y [1, 2, 2, 2] = relu(x ∗ w + bias). The windows' sums are 54, 63, 90, 99, and each difference is 2. */
static const float expected[8] = {0, 3, 3, 3, 30, 3, 39, 3};

int main(void) {
  const apus_conv2d shape = {.batch = 1,
                             .height = 4,
                             .width = 4,
                             .in_channels = 1,
                             .out_channels = 2,
                             .kernel_h = 3,
                             .kernel_w = 3,
                             .stride_h = 1,
                             .stride_w = 1,
                             .dilation_h = 1,
                             .dilation_w = 1,
                             .groups = 1};
  const apus_conv2d_epilogue epilogue = {.bias = bias, .activation = APUS_ACTIVATION_RELU};

  /* Ask, plan, run: the plan says how much scratch memory it needs, and which implementation it chose. */
  apus_conv2d_plan plan;
  apus_error error;
  if (apus_conv2d_plan_make(&plan, APUS_CONV2D_FORWARD, &shape, NULL, &error) != APUS_OK) {
    fprintf(stderr, "%s: %s\n", apus_status_name(error.code), error.text);
    return EXIT_FAILURE;
  }
  char description[256];
  apus_conv2d_plan_describe(&plan, description, sizeof description);
  printf("%s\n%s\n", apus_build_description(), description);

  float y[8];
  void *scratch = apus_alloc(plan.scratch_bytes);
  if (!scratch) {
    fprintf(stderr, "out of memory\n");
    return EXIT_FAILURE;
  }
  apus_conv2d_forward(&plan, x, w, &epilogue, y, scratch);
  apus_free(scratch);

  int wrong = 0;
  for (int i = 0; i < 8; i++) {
    printf("%g%s", (double)y[i], i % 2 ? "\n" : "  ");
    wrong += y[i] != expected[i];
  }
  if (wrong)
    fprintf(stderr, "%d of 8 numbers are wrong\n", wrong);
  return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
