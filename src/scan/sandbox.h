/*
 * sandbox: what is left to a process that parses bytes of strangers.
 *
 * After sandbox_enter() the process, all its later threads included, can read
 * what is under /etc, connect to TCP and UDP addresses, and use memory, time
 * and threads. It cannot write or create a file, start a program, trace a
 * process, listen, or reach a unix socket. Three layers, each of which does
 * without the others: resource limits, Landlock (where the kernel has it),
 * and a seccomp allow-list, whose answer to everything else is EPERM: a
 * library that tries something unneeded goes on without it, and what is
 * refused stays refused. Only calls that no part of us has any use for and
 * every exploit has (execve, ptrace, …) kill the process.
 *
 * Builds with AddressSanitizer keep their address space unlimited, and may
 * open files of /proc for their reports.
 */
#ifndef NIS2_SCAN_SANDBOX_H
#define NIS2_SCAN_SANDBOX_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

/* Limits that hold before anything is parsed; called first in the process. */
bool sandbox_limits(struct err *err);

/*
 * Closes the door. `ret_note` says in words what holds ("seccomp, Landlock
 * 4") and what this kernel does not offer. False only when a layer that the
 * kernel has could not be put in place.
 */
bool sandbox_enter(struct arena *a, const char **ret_note, struct err *err);

#endif
