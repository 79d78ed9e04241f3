/* ledger/core/sink.c - see sink.h. */
#include "ledger/core/sink.h"

enum err sink_flush(const struct sink *s, struct buffer *b, size_t least)
{
    if (b->n == 0 || b->n < least)
        return OK;
    TRY(s->write(s->arg, b->p, b->n));
    buffer_reset(b);
    return OK;
}
