/* ledger/core/sink.h - where text goes that is made piece by piece: a file, a client; who makes it need not know. */
#ifndef LEDGER_CORE_SINK_H
#define LEDGER_CORE_SINK_H

#include "ledger/core/arena.h"

struct sink {
    /* ERR_IO, ERR_STOPPED (the reader is gone): give up. */
    enum err (*write)(void *arg, const void *bytes, size_t n);
    void *arg;
};

/* Give the buffer away and empty it, if it holds at least `least` bytes. As the sink's write. */
enum { SINK_PIECE = 64 * 1024 };
MUST_CHECK enum err sink_flush(const struct sink *s, struct buffer *b, size_t least);

#endif
