/* api/undetermined.c - see undetermined.h. */
#include "api/undetermined.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *sentence;
} reasons[] = {
#define UNDETERMINED_ROW(code, name, sentence) [code] = {name, sentence},
    UNDETERMINED_REASONS(UNDETERMINED_ROW)
#undef UNDETERMINED_ROW
};

const struct member undetermined_item_members[] =
    {{.name = "path",
      .type = T_TEXT,
      .about = "Which member, as a JSON pointer (RFC 6901) from the object with this list."},
     {.name = "code",
      .type = T_TEXT,
      .about = "unstake-or-switch, claim-names-no-distribution, distribution-without-event, as-read, no-payment-seen, "
               "alert-kind-not-logged, votes-may-be-cleared or setting-without-event."},
     {.name = "why", .type = T_TEXT, .about = "The same as a sentence."},
     {.name = "least", .type = T_AMOUNT, .optional = true, .about = "The least that the logs allow."},
     {.name = "most", .type = T_AMOUNT, .optional = true, .about = "The most that the logs allow."},
     {.name = "read_at_block",
      .type = T_U64,
      .optional = true,
      .about = "as-read: the block at which the contract was asked."},
     {0}};

struct undetermined_item *undetermined_add(struct undetermined *u, enum undetermined_reason reason, const char *path,
                                           ...)
{
    if (u->n == u->room) {
        size_t room = u->room == 0 ? 8 : 2 * u->room;
        struct undetermined_item *items = ARENA_ARRAY(u->arena, struct undetermined_item, room);
        if (u->n > 0)
            memcpy(items, u->items, u->n * sizeof *items);
        u->items = items;
        u->room = room;
    }
    struct undetermined_item *item = &u->items[u->n++];
    *item = (struct undetermined_item){.reason = reason};
    va_list args;
    va_start(args, path);
    vsnprintf(item->path, sizeof item->path, path, args);
    va_end(args);
    return item;
}

void undetermined_write(struct json_writer *w, const struct undetermined *u)
{
    jw_key(w, "undetermined");
    jw_array(w);
    for (size_t i = 0; i < u->n; i++) {
        const struct undetermined_item *item = &u->items[i];
        jw_object(w);
        jw_key(w, "path");
        jw_text(w, item->path);
        jw_key(w, "code");
        jw_text(w, reasons[item->reason].name);
        jw_key(w, "why");
        jw_text(w, reasons[item->reason].sentence);
        if (item->has_bounds) {
            jw_key(w, "least");
            jw_amount(w, item->least);
            jw_key(w, "most");
            jw_amount(w, item->most);
        }
        if (item->reason == UNDETERMINED_AS_READ) {
            jw_key(w, "read_at_block");
            jw_u64(w, item->read_at_block);
        }
        jw_object_end(w);
    }
    jw_array_end(w);
}
