/*
 * Functions that are not used here: each has a bounded replacement in base/.
 * Meson puts this header before every file of ours.
 */
#ifndef NIS2_BASE_BANNED_H
#define NIS2_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#pragma GCC poison strcpy strcat strncpy strncat stpcpy sprintf vsprintf
#pragma GCC poison strtok strtok_r gets atoi atol atoll atof sscanf
#pragma GCC poison localtime gmtime asctime ctime srand drand48
#pragma GCC poison system popen tmpnam mktemp

/* OpenSSL's headers name parameters `rand`: so calls of it are the error. */
#ifndef __clang__
int rand(void) __attribute__((error("use base/rand.h")));
#endif

#endif
