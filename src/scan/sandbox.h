/*
 * sandbox: what is left to a process that parses bytes of strangers.
 *
 * After sandbox_enter() the process, with all its later threads, can connect
 * to addresses, read the few files that resolving names takes, and use memory
 * and time. It cannot write or create a file, start a program or a process,
 * trace one, listen, make memory executable, or reach a unix socket. Three
 * layers, each of which does without the others:
 *
 *   limits	address space, descriptors, no core dumps, no file growth
 *   Landlock	no file but the listed ones, where the kernel has it
 *   seccomp	an allow-list of system calls
 *
 * What seccomp does not list answers EPERM: a library that tries something
 * unneeded goes on without it, and what is refused stays refused. What no
 * part of us ever does and every intruder wants first (execve, ptrace …) ends
 * the process. The number of processes is not limited: that limit counts all
 * of a user's, and fork is refused anyway.
 *
 * Builds with a sanitizer keep their address space unlimited, and have fork,
 * ptrace, executable memory and /proc, which its reports need.
 */
#ifndef NIS2_SCAN_SANDBOX_H
#define NIS2_SCAN_SANDBOX_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

/* Limits that hold before anything is parsed; called first in the process. */
bool sandbox_limits(struct err *err);

/*
 * Closes the door. `readable` are files to be read besides the usual ones of
 * /etc; empty and missing ones are fine, the last is NULL. `ret_note` says in
 * words what holds ("seccomp, Landlock 4") and what this kernel does not offer.
 * False only when a layer that the kernel has could not be put in place.
 */
bool sandbox_enter(const char *const *readable, struct arena *a,
		   const char **ret_note, struct err *err);

#endif
