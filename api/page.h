/* api/page.h - cursors: where a list goes on, pinned to the block of its first page.
 *
 * A cursor is base64url of (version, flags, block number, block hash, digest of list and filters, keys of the last row,
 * checksum). The checksum is keyed by the network's hash, the same for every process that serves it: it guards against
 * mistakes (a cursor of another list, filter, order or network; a cut or edited one), it is no secret. */
#ifndef API_PAGE_H
#define API_PAGE_H

#include "api/route.h"

struct cursor {
    bool pinned;  /* to a block; lists that take no at= are not */
    bool by_hash; /* pinned block is not final yet: only its hash says that it is still there */
    uint64_t number;
    struct hash hash;
    size_t n_keys;
    struct param keys[PAGE_KEYS_MAX]; /* in the forms below */
};

/* What list, order, filters and at= a cursor belongs to. */
uint64_t cursor_scope(const char *canonical);

/* The text of a cursor, in the arena. */
const char *cursor_format(const struct cursor *c, struct hash network, uint64_t scope, struct arena *arena);
/* ERR_CURSOR: not a cursor made for this network, scope and these key types. Values lie in the arena. */
MUST_CHECK enum err cursor_parse(const char *text, struct hash network, uint64_t scope, const struct route *route,
                                 struct arena *arena, struct cursor *out);

/* Keys travel as T_I64 (all integers), T_BYTES (addresses, hashes, bytes), T_TEXT, T_TIME, T_TOTAL (amounts). */
bool page_key_supported(enum type type);
/* The key before the first row in this order. */
struct param page_key_outermost(enum type type, bool descending, struct arena *arena);
/* The key of a row. */
struct param page_key_of(enum type type, const struct rows *rows, size_t row, size_t column, struct arena *arena);

#endif
