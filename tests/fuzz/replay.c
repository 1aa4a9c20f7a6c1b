/*
 * replay: runs a fuzzer's seeds once each, without libFuzzer, so that what a
 * fuzzer once found stays found in every `make test`. Speaks TAP: one line.
 *
 *	fuzz_json tests/fuzz/corpus/json
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <sys/stat.h>

enum { SEED_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of exactly its size, so that a sanitizer sees a read past the end. */
static void run_bytes(const uint8_t *bytes, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);

	if (!exact)
		abort();
	if (len)
		memcpy(exact, bytes, len);
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
}

static int run_file(const char *path)
{
	static uint8_t bytes[SEED_MAX];
	FILE *f = fopen(path, "rb");
	size_t len;

	if (!f)
		return 0;
	len = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	run_bytes(bytes, len);
	return 1;
}

static int run_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int count = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir)) != NULL) {
		char path[4096];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		fprintf(stderr, "# %s\n", path);
		count += run_file(path);
	}
	closedir(dir);
	return count;
}

int main(int argc, char **argv)
{
	int count = argc == 2 ? run_folder(argv[1]) : 0;

	printf("1..1\n%s 1 - %d seeds of %s\n", count ? "ok" : "not ok", count,
	       argc == 2 ? argv[1] : "?");
	return count ? 0 : 1;
}
