#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void file_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* "cannot read 'x': Permission denied": the words of the system are clear. */
static bool fail(struct err *err, const char *what, const char *path)
{
	int e = errno;

	return err_set(err, e == ENOENT ? ERR_NOT_FOUND : ERR_INTERNAL,
		       "cannot %s '%s': %s", what, path, strerror(e));
}

/* Reads up to `size` bytes, whatever pieces they come in; -1 on an error. */
static ssize_t read_all(int fd, char *buf, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, buf + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

bool file_read(const char *path, size_t max, struct arena *a, char **ret,
	       size_t *ret_len, struct err *err)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	size_t size;
	ssize_t len;
	char *buf;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fail(err, "read", path);
	/* What has no size (a pipe, /proc) is read up to the maximum. */
	size = S_ISREG(st.st_mode) && st.st_size > 0 ? (size_t)st.st_size : max;
	if (size > max)
		return err_set(err, ERR_TOO_LARGE,
			       "'%s' is larger than %zu bytes", path, max);
	buf = arena_bytes(a, size + 2);
	len = read_all(fd, buf, size + 1);
	if (len < 0)
		return fail(err, "read", path);
	if ((size_t)len > max)
		return err_set(err, ERR_TOO_LARGE,
			       "'%s' is larger than %zu bytes", path, max);
	buf[len] = '\0';
	*ret = buf;
	if (ret_len)
		*ret_len = (size_t)len;
	return true;
}

static bool write_all(int fd, const char *p, size_t len)
{
	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

/* A rename is only kept over a power cut when its folder is synced too. */
static bool sync_folder(const char *path)
{
	_cleanup_fd_ int fd = -1;
	char *copy = strdup(path);

	if (!copy)
		return false;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	return fd >= 0 && fsync(fd) == 0;
}

static bool write_temp(int fd, const void *bytes, size_t len, int mode)
{
	return fchmod(fd, (mode_t)mode) == 0 && write_all(fd, bytes, len) &&
	       fsync(fd) == 0;
}

bool file_write(const char *path, const void *bytes, size_t len, int mode,
		struct err *err)
{
	_arena_ struct arena a = { 0 };
	char *temp = arena_printf(&a, "%s.XXXXXX", path);
	_cleanup_fd_ int fd = mkostemp(temp, O_CLOEXEC);

	if (fd < 0)
		return fail(err, "write", path);
	if (!write_temp(fd, bytes, len, mode) || rename(temp, path) < 0) {
		fail(err, "write", path);
		unlink(temp);
		return false;
	}
	if (!sync_folder(path))
		return fail(err, "write", path);
	return true;
}

static bool is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool file_make_dir(const char *path, int mode, struct err *err)
{
	_arena_ struct arena a = { 0 };
	char *copy = arena_strdup(&a, path);

	if (is_dir(path))
		return true;
	for (char *p = copy + 1; *copy && *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (!is_dir(copy) && mkdir(copy, (mode_t)mode) < 0 &&
		    errno != EEXIST)
			return fail(err, "make folder", copy);
		*p = '/';
	}
	if (mkdir(copy, (mode_t)mode) < 0 && (errno != EEXIST || !is_dir(path)))
		return fail(err, "make folder", path);
	return true;
}
