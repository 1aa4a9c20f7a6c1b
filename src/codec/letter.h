/*
 * letter: what a character of any script is, for comparing and for making
 * short names of long ones. The classes are those of glibc's C.UTF-8, whatever
 * locale the process runs in.
 */
#ifndef NIS2_CODEC_LETTER_H
#define NIS2_CODEC_LETTER_H

#include <stdbool.h>

#include "base/arena.h"

/* The character in lower case, if it has one. */
unsigned letter_lower(unsigned c);
bool letter_is_alnum(unsigned c);
/* Also those that keep words on one line (U+00A0, U+2007, U+202F). */
bool letter_is_space(unsigned c);

/* Appends the character as UTF-8. */
void letter_add(struct sb *b, unsigned c);

#endif
