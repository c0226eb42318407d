#ifndef APUS_CWEBP_SHIM_H
#define APUS_CWEBP_SHIM_H

#include <webp/decode.h>
#include <webp/demux.h>

#endif
