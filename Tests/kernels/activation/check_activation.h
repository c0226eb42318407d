#ifndef APUS_CHECK_ACTIVATION_H
#define APUS_CHECK_ACTIVATION_H

/* Parts of the family `activation`. */
void check_nonlinearities(void);
void check_prelu_and_maxout(void);

#endif
