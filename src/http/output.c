#include "http/output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "http/reply.h"

/* Room for one object; a list grows from here. */
enum { JSON_EXPECTED = 1024, FILENAME_MAX_BYTES = 128 };

/* RFC 6266: what is not plain ASCII becomes an underscore. */
static const char *disposition(struct arena *a, const char *filename)
{
	char *name = arena_strndup(a, filename, FILENAME_MAX_BYTES);

	for (char *p = name; *p; p++)
		if (*p < 0x20 || *p > 0x7e || strchr("\"\\/%", *p))
			*p = '_';
	return arena_printf(a, "attachment; filename=\"%s\"", name);
}

/* The descriptor goes to the server, which closes it with the reply. */
static bool open_file(struct exchange *x, const char *path, struct err *err)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		err_set(err, ERR_INTERNAL, "a file cannot be opened");
		return err_cause(err, "%s: %s", path, strerror(errno));
	}
	x->reply.len = (size_t)st.st_size;
	x->reply.fd = fd;
	fd = -1;
	return true;
}

static bool write_file(struct exchange *x, int status,
		       const struct file_out *file, struct err *err)
{
	reply_json(x, status, file->bytes, file->len);
	if (file->path && !open_file(x, file->path, err))
		return false;
	x->reply.content_type = file->content_type;
	if (file->filename)
		exchange_header(x, "Content-Disposition",
				disposition(&x->arena, file->filename));
	return true;
}

bool output_write(struct exchange *x, int status, const void *out,
		  struct err *err)
{
	const struct route *route = x->route;
	struct sb json;

	if (route->out_kind == OUT_FILE)
		return write_file(x, status, out, err);
	if (route->out_kind == OUT_NONE) {
		reply_empty(x, status);
		return true;
	}
	json = sb_new(&x->arena, JSON_EXPECTED);
	if (route->out_kind == OUT_LIST)
		codec_write_list(route->out_type, out, &json);
	else
		codec_write(route->out_type, out, &json);
	if (json.truncated)
		return err_set(err, ERR_INTERNAL, "the reply is too long");
	reply_json(x, status, json.s, json.len);
	return true;
}
