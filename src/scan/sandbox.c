#include "scan/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { ADDRESS_SPACE = 512 * 1024 * 1024, DESCRIPTORS = 16384 };
enum { LIBRARY_STACK = 1024 * 1024 };

static bool failed(struct err *err, const char *what, int error)
{
	err_set(err, ERR_INTERNAL, "the sandbox cannot be closed: %s", what);
	return err_cause(err, "%s", strerrordesc_np(error));
}

/* ---- limits ---- */

static bool limit(int which, rlim_t value, const char *what, struct err *err)
{
	struct rlimit now = { 0 };

	if (getrlimit(which, &now))
		return failed(err, what, errno);
	if (now.rlim_max < value)
		value = now.rlim_max;
	now = (struct rlimit){ value, value };
	return !setrlimit(which, &now) || failed(err, what, errno);
}

/* Libraries start threads too, whose stacks would be 8 MB each. */
static void small_stacks(void)
{
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, LIBRARY_STACK);
	pthread_setattr_default_np(&attr);
	pthread_attr_destroy(&attr);
}

/* A plan that is run by hand may have its output in a file. */
static bool output_is_file(void)
{
	struct stat st;

	return !fstat(STDOUT_FILENO, &st) && S_ISREG(st.st_mode);
}

bool sandbox_limits(struct err *err)
{
	/* Each arena of malloc() takes 64 MB of address space. */
	mallopt(M_ARENA_MAX, 2);
	small_stacks();
	if (prctl(PR_SET_DUMPABLE, 0))
		return failed(err, "PR_SET_DUMPABLE", errno);
	return (SANITIZED ||
		limit(RLIMIT_AS, ADDRESS_SPACE, "RLIMIT_AS", err)) &&
	       limit(RLIMIT_CORE, 0, "RLIMIT_CORE", err) &&
	       (output_is_file() ||
		limit(RLIMIT_FSIZE, 0, "RLIMIT_FSIZE", err)) &&
	       limit(RLIMIT_NOFILE, DESCRIPTORS, "RLIMIT_NOFILE", err);
}

/* ---- Landlock ---- */

/* As of its sixth version; older headers know less of it. */
struct ruleset {
	uint64_t fs, net, scoped;
};

/* All that the kernel's version can forbid (landlock(7)). */
static struct ruleset ruleset_of(int version)
{
	struct ruleset r = { .fs = (1 << 13) - 1 };

	if (version >= 2)
		r.fs |= 1 << 13; /* moving between folders */
	if (version >= 3)
		r.fs |= 1 << 14; /* truncating */
	if (version >= 4)
		r.net = 1; /* binding a TCP port */
	if (version >= 5)
		r.fs |= 1 << 15; /* ioctl on devices */
	if (version >= 6)
		r.scoped = 3; /* abstract unix sockets, signals */
	return r;
}

static void allow_reading(int rules, const char *path)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
	};
	struct stat st;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return; /* what is not there need not be read */
	if (!fstat(rule.parent_fd, &st) && S_ISDIR(st.st_mode))
		rule.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
	syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule,
		0);
	close(rule.parent_fd);
}

static bool landlock(const char *const *readable, struct sb *note,
		     struct err *err)
{
	static const char *const usual[] = {
		"/etc/hosts", "/etc/resolv.conf",	  "/etc/nsswitch.conf",
		"/etc/ssl",   SANITIZED ? "/proc" : NULL, NULL
	};
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
			       LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset r;
	int rules, error = 0;

	if (version < 1) {
		sb_add(note, ", no Landlock in this kernel");
		return true;
	}
	r = ruleset_of((int)version);
	rules = (int)syscall(SYS_landlock_create_ruleset, &r,
			     version < 4   ? sizeof(r.fs)
			     : version < 6 ? 2 * sizeof(uint64_t)
					   : sizeof(r),
			     0);
	if (rules < 0)
		return failed(err, "Landlock", errno);
	for (size_t i = 0; usual[i]; i++)
		allow_reading(rules, usual[i]);
	for (size_t i = 0; readable[i]; i++)
		if (readable[i][0])
			allow_reading(rules, readable[i]);
	if (syscall(SYS_landlock_restrict_self, rules, 0))
		error = errno;
	close(rules);
	if (error)
		return failed(err, "Landlock", error);
	sb_addf(note, ", Landlock %ld", version);
	return true;
}

/* ---- seccomp ---- */

/* Whatever their arguments are. */
static const int allowed[] = {
	/* memory */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	/* threads and signals */
	SCMP_SYS(futex),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(set_tid_address),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(gettid),
	SCMP_SYS(getpid),
	SCMP_SYS(tgkill),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(membarrier),
	SCMP_SYS(restart_syscall),
	/* time and chance */
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_getres),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(getrandom),
	/* descriptors that are open */
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(readv),
	SCMP_SYS(writev),
	SCMP_SYS(pread64),
	SCMP_SYS(lseek),
	SCMP_SYS(close),
	SCMP_SYS(fcntl),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(stat),
	SCMP_SYS(statx),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(select),
	SCMP_SYS(pselect6),
	SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_create),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(pipe2),
	SCMP_SYS(pipe),
	SCMP_SYS(eventfd2),
	/* the network; libunbound binds the ports it asks from */
	SCMP_SYS(connect),
	SCMP_SYS(bind),
	SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	SCMP_SYS(sendto),
	SCMP_SYS(recvfrom),
	SCMP_SYS(sendmsg),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmmsg),
	SCMP_SYS(recvmmsg),
	SCMP_SYS(shutdown),
	/* harmless questions */
	SCMP_SYS(uname),
	SCMP_SYS(sysinfo),
	SCMP_SYS(getrlimit),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(getrusage),
};

/* The first moves of whoever took the process over. */
static const int deadly[] = {
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(bpf),
	SCMP_SYS(mount),
	SCMP_SYS(kexec_load),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(ptrace),
};

/* Whatever a sanitizer needs to look at the process at its end. */
static const int sanitizer_calls[] = {
	SCMP_SYS(clone),
	SCMP_SYS(wait4),
	SCMP_SYS(prctl),
	SCMP_SYS(mmap),
	SCMP_SYS(mprotect),
	SCMP_SYS(readlink),
	SCMP_SYS(getppid),
	SCMP_SYS(getdents64),
	SCMP_SYS(getdents),
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(prlimit64),
	SCMP_SYS(sched_setaffinity),
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static int allow_list(scmp_filter_ctx f, const int *calls, size_t count)
{
	int r = 0;

	/* A call that this architecture does not have is not missed. */
	for (size_t i = 0; i < count && (!r || r == -EDOM); i++)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0);
	return r == -EDOM ? 0 : r;
}

static int kill_list(scmp_filter_ctx f)
{
	int r = 0;

	for (size_t i = 0; i < COUNT(deadly) && (!r || r == -EDOM); i++)
		if (!SANITIZED)
			r = seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS,
					     deadly[i], 0);
	return r == -EDOM ? 0 : r;
}

/* Calls that depend on an argument: reading yes, writing no. */
static int allow_parts(scmp_filter_ctx f)
{
	const uint64_t writing = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND |
				 (O_TMPFILE & ~O_DIRECTORY);
	int r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
				 SCMP_A2(SCMP_CMP_MASKED_EQ, writing, 0));

	if (!r)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
				     SCMP_A1(SCMP_CMP_MASKED_EQ, writing, 0));
	for (int i = 0; i < 2 && !r; i++)
		r = seccomp_rule_add(
			f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
			SCMP_A0(SCMP_CMP_EQ, i ? AF_INET6 : AF_INET));
	/* libunbound talks to itself; a stream pair can reach nobody else. */
	if (!r)
		r = seccomp_rule_add(
			f, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1,
			SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, SOCK_STREAM));
	/* clone3 hides its flags from us: ENOSYS sends libc back to clone. */
	if (!r)
		r = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS),
				     SCMP_SYS(clone3), 0);
	if (SANITIZED || r)
		return r;
	/* Threads, but no processes. */
	r = seccomp_rule_add(
		f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
		SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	if (!r)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				     SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (!r)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
				     SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	/* Asking for limits, not setting them. */
	return r ? r
		 : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
				    SCMP_A2(SCMP_CMP_EQ, 0));
}

static bool seccomp(struct sb *note, struct err *err)
{
	scmp_filter_ctx f;
	int r;

	if (prctl(PR_GET_SECCOMP) < 0) {
		sb_add(note, ", no seccomp in this kernel");
		return true;
	}
	f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!f)
		return failed(err, "seccomp", ENOMEM);
	r = allow_list(f, allowed, COUNT(allowed));
	if (!r && SANITIZED)
		r = allow_list(f, sanitizer_calls, COUNT(sanitizer_calls));
	if (!r)
		r = allow_parts(f);
	if (!r)
		r = kill_list(f);
	if (!r)
		r = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1);
	if (!r)
		r = seccomp_load(f);
	seccomp_release(f);
	if (r)
		return failed(err, "seccomp", -r);
	sb_add(note, ", seccomp");
	return true;
}

bool sandbox_enter(const char *const *readable, struct arena *a,
		   const char **ret_note, struct err *err)
{
	struct sb note = sb_new(a, 64);

	sb_add(&note, "sandbox: limits");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return failed(err, "PR_SET_NO_NEW_PRIVS", errno);
	if (!landlock(readable, &note, err) || !seccomp(&note, err))
		return false;
	if (SANITIZED)
		sb_add(&note, ", relaxed for the sanitizer");
	*ret_note = note.s;
	return true;
}
