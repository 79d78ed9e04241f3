/* api/address_list.c - see address_list.h. */
#include "api/address_list.h"

#include <string.h>

#include "api/parse.h"

enum { SHOWN = 60 };

enum err address_list_parse(const char *name, const char *text, struct arena *arena, struct slice *out)
{
    uint8_t *joined = arena_take(arena, ADDRESS_LIST_MAX * sizeof(struct address));
    size_t n = 0;
    for (const char *item = text;; n++) {
        struct address a;
        size_t length = strcspn(item, ",");
        if (n == ADDRESS_LIST_MAX)
            return err_with(ERR_FIELD, "%s: more than %d addresses", name, ADDRESS_LIST_MAX);
        if (parse_address(arena_text(arena, item, length), length, &a) != OK)
            return err_with(ERR_FIELD, "%s: item %zu is no address: '%.*s'", name, n + 1,
                            (int)(length > SHOWN ? SHOWN : length), item);
        memcpy(joined + n * sizeof a, a.b, sizeof a.b);
        if (item[length] == '\0')
            break;
        item += length + 1;
    }
    *out = (struct slice){joined, (n + 1) * sizeof(struct address)};
    return OK;
}
