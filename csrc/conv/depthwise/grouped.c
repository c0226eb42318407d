/* Groups of few channels: how vectors hold them, and their packed weights. */

#include "conv/depthwise/grouped.h"
#include "runtime/integers.h"

#include <string.h>

static int64_t group_inputs(const apus_conv2d *s, int backward_data) {
  return (backward_data ? s->out_channels : s->in_channels) / s->groups;
}

static int64_t groups_a_vector(const apus_conv2d *s, int lanes) {
  return lanes / apus_max(s->in_channels / s->groups, s->out_channels / s->groups);
}

int apus_groups_fit(const apus_conv2d *s, int lanes) { return s->groups > 1 && groups_a_vector(s, lanes) >= 2; }

apus_group_vectors apus_group_vectors_of(const apus_conv2d *s, int backward_data, int lanes) {
  const int inputs = (int)group_inputs(s, backward_data), outputs = (int)group_inputs(s, !backward_data);
  const int64_t groups = groups_a_vector(s, lanes);
  apus_group_vectors g = {.vectors = (s->groups + groups - 1) / groups,
                          .channels = inputs,
                          .inputs = (int)groups * inputs,
                          .outputs = (int)groups * outputs};
  const int last = (int)(s->groups - (g.vectors - 1) * groups);
  g.last_inputs = last * inputs;
  g.last_outputs = last * outputs;
  for (int k = 0; k < inputs; k++)
    for (int i = 0; i < g.outputs; i++)
      g.lane[k][i] = i / outputs * inputs + k;
  return g;
}

int64_t apus_group_packed_size(const apus_conv2d *s, int backward_data, int lanes) {
  const int64_t groups = groups_a_vector(s, lanes), vectors = (s->groups + groups - 1) / groups;
  return vectors * s->kernel_h * s->kernel_w * group_inputs(s, backward_data) * lanes;
}

void apus_group_pack(const apus_conv2d *s, int backward_data, int lanes, const float *w, float *packed) {
  const int64_t taps = s->kernel_h * s->kernel_w, groups = groups_a_vector(s, lanes), vectors = (s->groups + groups - 1) / groups;
  const int64_t inputs = group_inputs(s, backward_data), outputs = group_inputs(s, !backward_data);
  /* w is [taps][in channels of a group][out channels]. */
  const int64_t tap = s->in_channels / s->groups * s->out_channels, from_group = s->out_channels / s->groups;
  const int64_t from_input = backward_data ? 1 : s->out_channels, from_output = backward_data ? s->out_channels : 1;
  memset(packed, 0, (size_t)apus_group_packed_size(s, backward_data, lanes) * sizeof *packed);
  for (int64_t v = 0; v < vectors; v++)
    for (int64_t t = 0; t < taps; t++)
      for (int64_t k = 0; k < inputs; k++, packed += lanes) {
        const int64_t first = v * groups, here = s->groups - first < groups ? s->groups - first : groups;
        for (int64_t g = 0; g < here; g++)
          for (int64_t o = 0; o < outputs; o++)
            packed[g * outputs + o] = w[t * tap + (first + g) * from_group + k * from_input + o * from_output];
      }
}
