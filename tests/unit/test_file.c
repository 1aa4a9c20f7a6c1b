/* Whole files, and writes that are complete or did not happen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

struct fixture {
	struct arena arena;
	struct err err;
	char dir[32];
};

static const char *path(struct fixture *f, const char *name)
{
	return arena_printf(&f->arena, "%s/%s", f->dir, name);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	snprintf(f->dir, sizeof(f->dir), "/tmp/nis2-test-XXXXXX");
	*state = f;
	return mkdtemp(f->dir) ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	unlink(path(f, "x"));
	rmdir(path(f, "a/b/c"));
	rmdir(path(f, "a/b"));
	rmdir(path(f, "a"));
	rmdir(f->dir);
	arena_free(&f->arena);
	free(f);
	return 0;
}

static int entries(struct fixture *f)
{
	DIR *dir = opendir(f->dir);
	int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2; /* . and .. */
}

static void what_was_written_is_read(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	size_t len;
	char *text;

	assert_true(file_write(path(f, "x"), "a\0b", 3, 0600, &f->err));
	assert_int_equal(stat(path(f, "x"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(
		file_read(path(f, "x"), 3, &f->arena, &text, &len, &f->err));
	assert_int_equal(len, 3);
	assert_memory_equal(text, "a\0b", 4);
	assert_true(file_write(path(f, "x"), "", 0, 0644, &f->err));
	assert_true(
		file_read(path(f, "x"), 0, &f->arena, &text, NULL, &f->err));
	assert_string_equal(text, "");
	assert_int_equal(entries(f), 1);
}

static void more_than_the_maximum_is_refused(void **state)
{
	struct fixture *f = *state;
	char *text = NULL;

	assert_true(file_write(path(f, "x"), "abcd", 4, 0600, &f->err));
	assert_false(
		file_read(path(f, "x"), 3, &f->arena, &text, NULL, &f->err));
	assert_int_equal(f->err.kind, ERR_TOO_LARGE);
	/* A file without a size of its own: bounded all the same. */
	assert_false(file_read("/proc/self/status", 10, &f->arena, &text, NULL,
			       &f->err));
	assert_int_equal(f->err.kind, ERR_TOO_LARGE);
	assert_true(file_read("/proc/self/status", 1 << 16, &f->arena, &text,
			      NULL, &f->err));
	assert_non_null(strstr(text, "Pid:"));
}

static void an_error_names_the_file_and_the_reason(void **state)
{
	struct fixture *f = *state;
	char *text;

	assert_false(
		file_read(path(f, "no"), 9, &f->arena, &text, NULL, &f->err));
	assert_int_equal(f->err.kind, ERR_NOT_FOUND);
	assert_non_null(strstr(f->err.msg, "/no': No such file"));
	assert_false(
		file_read(f->dir, 1 << 16, &f->arena, &text, NULL, &f->err));
	assert_non_null(strstr(f->err.msg, "Is a directory"));
	assert_false(file_write(path(f, "no/x"), "x", 1, 0600, &f->err));
	assert_non_null(strstr(f->err.msg, "cannot write"));
}

static void a_write_that_fails_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;

	/* A folder of that name: the rename is what fails. */
	assert_true(file_make_dir(path(f, "a/b"), 0700, &f->err));
	assert_false(file_write(path(f, "a"), "x", 1, 0600, &f->err));
	assert_int_equal(entries(f), 1);
}

static void folders_are_made_with_their_parents(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	assert_true(file_make_dir(path(f, "a/b//c/"), 0700, &f->err));
	assert_int_equal(stat(path(f, "a/b/c"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_true(file_make_dir(path(f, "a/b/c"), 0700, &f->err));
	assert_true(file_write(path(f, "x"), "x", 1, 0600, &f->err));
	assert_false(file_make_dir(path(f, "x"), 0700, &f->err));
	assert_false(file_make_dir(path(f, "x/y"), 0700, &f->err));
	assert_non_null(strstr(f->err.msg, "cannot make folder"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_was_written_is_read),
		T(more_than_the_maximum_is_refused),
		T(an_error_names_the_file_and_the_reason),
		T(a_write_that_fails_leaves_nothing_behind),
		T(folders_are_made_with_their_parents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
