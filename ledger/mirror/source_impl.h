/* ledger/mirror/source_impl.h - what the two kinds of source (archive, RPC) implement behind source.h.
 *
 * source.c opens one of them and forwards every call through the table. An implementation embeds `struct source` as its
 * first member and casts back. Its own header declares how it is opened, with source_open's contract:
 *     source_archive.h: source_archive_open(options, out)      source_rpc.h: source_rpc_open(options, out)
 * Options are borrowed during open only, except `network` and `stop`, which outlive the source. */
#ifndef LEDGER_MIRROR_SOURCE_IMPL_H
#define LEDGER_MIRROR_SOURCE_IMPL_H

#include "ledger/mirror/source.h"

struct source_impl {
    enum err (*next)(struct source *s, struct arena *arena, struct step *out);
    void (*close)(struct source *s); /* frees the source itself too */
    unsigned (*backoff_ms)(const struct source *s);
    void (*health)(const struct source *s, struct source_health *out); /* from any thread */
};

struct source {
    const struct source_impl *impl;
};

#endif
