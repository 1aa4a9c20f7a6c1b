#include "http/flight.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

/* How many requests' memory one thread keeps. */
enum { SPARE = 64 };

static _Thread_local struct io *this_io;

void ios_init(struct ios *ios)
{
	*ios = (struct ios){ .first = NULL };
	pthread_mutex_init(&ios->lock, NULL);
}

static void flight_free(struct flight *f)
{
	arena_free(&f->x.arena);
	free(f);
}

static void io_free(struct io *io)
{
	while (io->spare) {
		struct flight *f = io->spare;

		io->spare = f->next_spare;
		flight_free(f);
	}
	db_close(io->db);
	free(io);
}

void ios_close(struct ios *ios)
{
	while (ios->first) {
		struct io *io = ios->first;

		ios->first = io->next;
		io_free(io);
	}
	pthread_mutex_destroy(&ios->lock);
}

struct io *io_here(struct ios *ios)
{
	struct io *io = this_io;

	if (io)
		return io;
	io = calloc(1, sizeof(*io));
	if (!io)
		abort();
	pthread_mutex_lock(&ios->lock);
	io->next = ios->first;
	ios->first = io;
	pthread_mutex_unlock(&ios->lock);
	this_io = io;
	return io;
}

struct db *io_db(struct io *io, const char *url)
{
	struct err err = { 0 };

	if (!io->db && !db_open(url, DB_READ_ONLY, &io->db, &err))
		log_error("database", NULL, &err);
	return io->db;
}

struct flight *flight_new(struct io *io)
{
	struct flight *f = io->spare;
	struct arena a = { 0 };

	if (f) {
		io->spare = f->next_spare;
		io->spare_count--;
		a = f->x.arena;
	} else {
		f = malloc(sizeof(*f));
		if (!f)
			abort();
	}
	*f = (struct flight){ .x.arena = a, .x.reply.fd = -1 };
	return f;
}

void flight_end(struct io *io, struct flight *f)
{
	if (f->x.reply.fd >= 0)
		close(f->x.reply.fd);
	if (io->spare_count == SPARE) {
		flight_free(f);
		return;
	}
	arena_reset(&f->x.arena);
	f->next_spare = io->spare;
	io->spare = f;
	io->spare_count++;
}
