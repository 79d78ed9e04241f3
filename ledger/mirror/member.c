/* ledger/mirror/member.c - see member.h. */
#include "ledger/mirror/member.h"

#include <string.h>

bool member_absent(const json_t *object, const char *name)
{
    const json_t *member = json_object_get(object, name);
    return !member || json_is_null(member);
}

static enum err member_text(const json_t *object, const char *name, const char **text, size_t *n)
{
    const json_t *member = json_object_get(object, name);
    if (!member || json_is_null(member))
        return err_with(ERR_FIELD, "%s: missing", name);
    if (!json_is_string(member))
        return err_with(ERR_FIELD, "%s: not a string", name);
    *text = json_string_value(member);
    *n = json_string_length(member);
    return OK;
}

enum err member_hash(const json_t *object, const char *name, struct hash *out)
{
    const char *text;
    size_t n;
    TRY(member_text(object, name, &text, &n));
    if (hash_parse(text, n, out) != OK)
        return err_with(ERR_FIELD, "%s: not 32 bytes of hexadecimal", name);
    return OK;
}

enum err member_address(const json_t *object, const char *name, struct address *out)
{
    const char *text;
    size_t n;
    TRY(member_text(object, name, &text, &n));
    if (address_parse(text, n, out) != OK)
        return err_with(ERR_FIELD, "%s: not an address", name);
    return OK;
}

enum err member_u64(const json_t *object, const char *name, uint64_t *out)
{
    return member_number(object, name, UINT64_MAX, out);
}

enum err member_number(const json_t *object, const char *name, uint64_t max, uint64_t *out)
{
    const char *text;
    size_t n;
    uint64_t v;
    TRY(member_text(object, name, &text, &n));
    if (quantity_parse(text, n, &v) != OK)
        return err_with(ERR_FIELD, "%s: not a quantity", name);
    if (v > max)
        return err_with(ERR_FIELD, "%s: too large", name);
    *out = v;
    return OK;
}

enum err member_fixed(const json_t *object, const char *name, uint8_t *out, size_t n)
{
    const char *text;
    size_t text_n, got;
    TRY(member_text(object, name, &text, &text_n));
    if (text_n != 2 + 2 * n || hex_parse(text, text_n, out, n, &got) != OK)
        return err_with(ERR_FIELD, "%s: not %zu bytes of hexadecimal", name, n);
    return OK;
}

enum err member_data(const json_t *object, const char *name, struct arena *arena, struct slice *out)
{
    const char *text;
    size_t n, got = 0;
    TRY(member_text(object, name, &text, &n));
    if (n < 2)
        return err_with(ERR_FIELD, "%s: not hexadecimal", name);
    size_t room = (n - 2) / 2;
    uint8_t *bytes = room ? arena_take(arena, room) : NULL;
    uint8_t none;
    if (hex_parse(text, n, room ? bytes : &none, room, &got) != OK)
        return err_with(ERR_FIELD, "%s: not hexadecimal", name);
    *out = (struct slice){bytes, got};
    return OK;
}

enum err member_integer(const json_t *object, const char *name, uint8_t out[32])
{
    const char *text;
    size_t n, got;
    TRY(member_text(object, name, &text, &n));
    if (n < 3 || n > 66)
        return err_with(ERR_FIELD, "%s: not a quantity", name);
    char even[67] = "0x"; /* hex_parse takes whole bytes: pad to 64 digits */
    memset(even + 2, '0', 64);
    memcpy(even + 66 - (n - 2), text + 2, n - 2);
    uint8_t bytes[32];
    if (memcmp(text, "0x", 2) != 0 || hex_parse(even, 66, bytes, 32, &got) != OK)
        return err_with(ERR_FIELD, "%s: not a quantity", name);
    memcpy(out, bytes, 32);
    return OK;
}

enum err member_array(const json_t *object, const char *name, const json_t **out)
{
    const json_t *member = json_object_get(object, name);
    if (!json_is_array(member))
        return err_with(ERR_FIELD, "%s: not an array", name);
    *out = member;
    return OK;
}
