#ifndef APUS_CGIF_SHIM_H
#define APUS_CGIF_SHIM_H

#include <gif_lib.h>

#endif
