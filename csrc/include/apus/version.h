#ifndef APUS_VERSION_H
#define APUS_VERSION_H

/* The version of these headers, which CMakeLists.txt reads here, and that of the library that a program runs with. */

#define APUS_VERSION_MAJOR 0
#define APUS_VERSION_MINOR 1
#define APUS_VERSION_PATCH 0

/* 0.1.0 is 100, 1.2.3 would be 10203: for #if. */
#define APUS_VERSION_NUMBER (APUS_VERSION_MAJOR * 10000 + APUS_VERSION_MINOR * 100 + APUS_VERSION_PATCH)

#define APUS_VERSION_TEXT_OF(major, minor, patch) #major "." #minor "." #patch
#define APUS_VERSION_TEXT(major, minor, patch) APUS_VERSION_TEXT_OF(major, minor, patch)
/* "0.1.0" */
#define APUS_VERSION APUS_VERSION_TEXT(APUS_VERSION_MAJOR, APUS_VERSION_MINOR, APUS_VERSION_PATCH)

#ifdef __cplusplus
extern "C" {
#endif

const char *apus_version(void); /* APUS_VERSION of the library */

#ifdef __cplusplus
}
#endif

#endif
