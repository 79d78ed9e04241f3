/* api/pipe.h - a bounded run of bytes from a thread that makes them to the connection that sends them.
 *
 * The writer waits while the client is slow; the reader (the server's event loop) never waits: it suspends the connection
 * and is woken when bytes arrive. Held by both sides; either may let go first. */
#ifndef API_PIPE_H
#define API_PIPE_H

#include <sys/types.h>

#include "ledger/core/arena.h"

enum { PIPE_ROOM = 256 * 1024 };

struct pipe;

struct pipe *pipe_open(void);
struct pipe *pipe_hold(struct pipe *p);
void pipe_release(struct pipe *p);

/* Writer. False: the client is gone, stop. */
bool pipe_write(struct pipe *p, const void *bytes, size_t n);
/* Append without waiting, whatever is pending; false: gone. */
bool pipe_push(struct pipe *p, const void *bytes, size_t n);
size_t pipe_pending(struct pipe *p); /* bytes not yet taken */
bool pipe_gone(struct pipe *p);
/* No more follows; !whole: cut the connection so that the client notices. */
void pipe_end(struct pipe *p, bool whole);

/* Reader. > 0: bytes; 0: none now, `suspend` was called; -1: the end; -2: broken off. */
ssize_t pipe_read(struct pipe *p, void *out, size_t max);
/* How to stop being asked and to be asked again; set before the first read. */
void pipe_bind(struct pipe *p, void (*suspend)(void *), void (*resume)(void *), void *arg);
/* The reader is gone or must go: writers fail from now on, a waiting reader is woken. */
void pipe_break(struct pipe *p);

#endif
