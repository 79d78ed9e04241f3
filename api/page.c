/* api/page.c - see page.h. */
#include "api/page.h"

#include <assert.h>
#include <string.h>

#include "ledger/core/digest.h"

enum {
    CURSOR_VERSION = 1,
    FLAG_PINNED = 1,
    FLAG_BY_HASH = 2,
    CHECKSUM = 8,
    CURSOR_BYTES_MAX = 1024,
    KEY_BYTES_MAX = 512,
    GREATEST_BYTES = 80 /* longer than any key: an ERC-1155 asset has 52 */
};

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static const char *base64url(struct slice in, struct arena *arena)
{
    char *out = arena_take(arena, in.n * 4 / 3 + 4), *o = out;
    for (size_t i = 0; i < in.n; i += 3) {
        uint32_t left = (uint32_t)(in.n - i), v = (uint32_t)in.p[i] << 16;
        v |= left > 1 ? (uint32_t)in.p[i + 1] << 8 : 0;
        v |= left > 2 ? in.p[i + 2] : 0;
        *o++ = alphabet[v >> 18];
        *o++ = alphabet[v >> 12 & 63];
        if (left > 1)
            *o++ = alphabet[v >> 6 & 63];
        if (left > 2)
            *o++ = alphabet[v & 63];
    }
    return out;
}

/* False: a character outside the alphabet, an impossible length, or bits left over. */
static bool unbase64url(const char *text, uint8_t *out, size_t max, size_t *n)
{
    size_t k = 0;
    uint32_t v = 0;
    unsigned bits = 0;
    for (; *text != '\0'; text++) {
        const char *at = strchr(alphabet, *text);
        if (at == NULL)
            return false;
        v = v << 6 | (uint32_t)(at - alphabet);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            if (k == max)
                return false;
            out[k++] = (uint8_t)(v >> bits);
            v &= (1U << bits) - 1;
        }
    }
    *n = k;
    return bits < 6 && v == 0;
}

uint64_t cursor_scope(const char *canonical)
{
    struct hash h = keccak_bytes(canonical, strlen(canonical));
    uint64_t scope;
    memcpy(&scope, h.b, sizeof scope);
    return scope;
}

static void checksum(struct slice payload, struct hash network, uint8_t out[CHECKSUM])
{
    static const char label[] = "altledger cursor 1";
    AUTO_BUFFER b = {0};
    buffer_bytes(&b, label, sizeof label);
    buffer_bytes(&b, network.b, sizeof network.b);
    buffer_bytes(&b, payload.p, payload.n);
    struct hash h = keccak_bytes(b.p, b.n);
    memcpy(out, h.b, CHECKSUM);
}

static void put_key(struct buffer *b, struct param key)
{
    struct slice bytes = {NULL, 0};
    uint8_t number[8];
    switch (key.type) {
    case T_I64:
    case T_TIME: {
        uint64_t v = (uint64_t)(key.type == T_I64 ? *(const int64_t *)key.value
                                                  : ((const struct instant *)key.value)->unix_seconds);
        for (int i = 0; i < 8; i++)
            number[i] = (uint8_t)(v >> (56 - 8 * i));
        bytes = (struct slice){number, sizeof number};
        break;
    }
    case T_BYTES:
        bytes = *(const struct slice *)key.value;
        break;
    case T_TEXT:
        bytes = (struct slice){key.value, strlen(key.value)};
        break;
    case T_TOTAL: {
        char text[TOTAL_TEXT + 1];
        size_t n = total_format(*(const struct total *)key.value, text);
        buffer_be16(b, (uint16_t)n);
        buffer_bytes(b, text, n);
        return;
    }
    case T_BOOL:
    case T_I16:
    case T_I32:
    case T_U64:
    case T_AMOUNT:
    case T_DELTA:
    case T_ADDRESS:
    case T_HASH:
        assert(!"keys travel in five forms only");
    }
    assert(bytes.n <= KEY_BYTES_MAX);
    buffer_be16(b, (uint16_t)bytes.n);
    buffer_bytes(b, bytes.p, bytes.n);
}

const char *cursor_format(const struct cursor *c, struct hash network, uint64_t scope, struct arena *arena)
{
    AUTO_BUFFER b = {0};
    buffer_u8(&b, CURSOR_VERSION);
    buffer_u8(&b, (uint8_t)((c->pinned ? FLAG_PINNED : 0) | (c->by_hash ? FLAG_BY_HASH : 0)));
    buffer_be64(&b, scope);
    if (c->pinned)
        buffer_be64(&b, c->number);
    if (c->by_hash)
        buffer_bytes(&b, c->hash.b, sizeof c->hash.b);
    for (size_t i = 0; i < c->n_keys; i++)
        put_key(&b, c->keys[i]);
    uint8_t sum[CHECKSUM];
    checksum((struct slice){b.p, b.n}, network, sum);
    buffer_bytes(&b, sum, sizeof sum);
    return base64url((struct slice){b.p, b.n}, arena);
}

/* Reading forward through the bytes of a cursor; `ok` turns false when they run out. */
struct reader {
    const uint8_t *p, *end;
    bool ok;
};

static const uint8_t *take(struct reader *r, size_t n)
{
    static const uint8_t nothing[64];
    if (!r->ok || (size_t)(r->end - r->p) < n) {
        r->ok = false;
        assert(n <= sizeof nothing);
        return nothing;
    }
    r->p += n;
    return r->p - n;
}

static uint64_t take_number(struct reader *r, size_t n)
{
    const uint8_t *p = take(r, n);
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

static bool decimal_total(const char *text, size_t n, struct total *out)
{
    struct amount a;
    if (amount_parse(text, n, &a) != OK)
        return false;
    struct total t = {{0}};
    total_add(&t, a);
    *out = t;
    return true;
}

static struct param take_key(struct reader *r, enum type form, struct arena *arena)
{
    struct param none = {form, NULL};
    size_t n = take_number(r, 2);
    if (!r->ok || n > KEY_BYTES_MAX || (size_t)(r->end - r->p) < n) {
        r->ok = false;
        return none;
    }
    const uint8_t *p = r->p;
    r->p += n;
    if (form == T_I64 || form == T_TIME) {
        struct reader number = {p, p + n, n == 8};
        int64_t v = (int64_t)take_number(&number, 8);
        r->ok = r->ok && number.ok;
        return (struct param){form, arena_copy(arena, &v, sizeof v)};
    }
    if (form == T_TEXT)
        return (struct param){T_TEXT, arena_text(arena, (const char *)p, n)};
    if (form == T_TOTAL) {
        struct total t = {{0}};
        r->ok = r->ok && decimal_total((const char *)p, n, &t);
        return (struct param){T_TOTAL, arena_copy(arena, &t, sizeof t)};
    }
    struct slice s = {arena_copy(arena, p, n), n};
    return (struct param){T_BYTES, arena_copy(arena, &s, sizeof s)};
}

/* In which form a key of this type travels. */
static enum type form_of(enum type type)
{
    switch (type) {
    case T_I16:
    case T_I32:
    case T_I64:
    case T_U64:
        return T_I64;
    case T_ADDRESS:
    case T_HASH:
    case T_BYTES:
        return T_BYTES;
    case T_AMOUNT:
        return T_TOTAL;
    case T_TEXT:
    case T_TIME:
        return type;
    case T_BOOL:
    case T_DELTA:
    case T_TOTAL:
        break;
    }
    return T_BOOL;
}

bool page_key_supported(enum type type)
{
    return form_of(type) != T_BOOL;
}

enum err cursor_parse(const char *text, struct hash network, uint64_t scope, const struct route *route,
                      struct arena *arena, struct cursor *out)
{
    uint8_t bytes[CURSOR_BYTES_MAX], sum[CHECKSUM];
    size_t n;
    if (!unbase64url(text, bytes, sizeof bytes, &n) || n < 2 + 8 + CHECKSUM)
        return err_with(ERR_CURSOR, "after: not a cursor");
    n -= CHECKSUM;
    checksum((struct slice){bytes, n}, network, sum);
    if (memcmp(sum, bytes + n, CHECKSUM) != 0)
        return err_with(ERR_CURSOR, "after: not a cursor that this service made for this network");
    struct reader r = {bytes, bytes + n, true};
    struct cursor c = {.n_keys = route->n_keys};
    uint64_t version = take_number(&r, 1), flags = take_number(&r, 1);
    if (version != CURSOR_VERSION || take_number(&r, 8) != scope)
        return err_with(ERR_CURSOR, "after: this cursor belongs to another list, or to other filters, order or at");
    c.pinned = flags & FLAG_PINNED;
    c.by_hash = flags & FLAG_BY_HASH;
    if (c.pinned)
        c.number = take_number(&r, 8);
    if (c.by_hash)
        memcpy(c.hash.b, take(&r, sizeof c.hash.b), sizeof c.hash.b);
    for (size_t i = 0; i < c.n_keys; i++)
        c.keys[i] = take_key(&r, form_of(route->keys[i]), arena);
    if (!r.ok || r.p != r.end)
        return err_with(ERR_CURSOR, "after: not a cursor of this list");
    *out = c;
    return OK;
}

struct param page_key_outermost(enum type type, bool descending, struct arena *arena)
{
    enum type form = form_of(type);
    if (form == T_I64) {
        int64_t v = descending ? INT64_MAX : -1;
        return (struct param){form, arena_copy(arena, &v, sizeof v)};
    }
    if (form == T_TIME) {
        struct instant t = {descending ? 253402300799 : -1}; /* the end of year 9999 */
        return (struct param){form, arena_copy(arena, &t, sizeof t)};
    }
    if (form == T_TEXT)
        return (struct param){form, descending ? "\xf4\x8f\xbf\xbf" : ""};
    if (form == T_TOTAL) { /* amounts: 2^256, or (as no total is below 0) minus one */
        struct total above = {{0, 0, 0, 0, 1, 0, 0, 0}};
        struct delta below = delta_minus(amount_from_u64(1));
        return descending ? (struct param){T_TOTAL, arena_copy(arena, &above, sizeof above)}
                          : (struct param){T_DELTA, arena_copy(arena, &below, sizeof below)};
    }
    assert(form == T_BYTES);
    struct slice s = {NULL, descending ? GREATEST_BYTES : 0};
    uint8_t *p = arena_take(arena, GREATEST_BYTES);
    memset(p, 0xff, GREATEST_BYTES);
    s.p = p;
    return (struct param){T_BYTES, arena_copy(arena, &s, sizeof s)};
}

static int64_t integer_of(enum type type, const struct rows *rows, size_t row, size_t column)
{
    return type == T_U64 ? (int64_t)rows_u64(rows, row, column) : rows_i64(rows, row, column);
}

struct param page_key_of(enum type type, const struct rows *rows, size_t row, size_t column, struct arena *arena)
{
    enum type form = form_of(type);
    if (form == T_I64) {
        int64_t v = integer_of(type, rows, row, column);
        return (struct param){form, arena_copy(arena, &v, sizeof v)};
    }
    if (form == T_TIME) {
        struct instant t = rows_time(rows, row, column);
        return (struct param){form, arena_copy(arena, &t, sizeof t)};
    }
    if (form == T_TEXT) {
        const char *text = rows_text(rows, row, column);
        return (struct param){form, arena_text(arena, text, strlen(text))};
    }
    if (form == T_TOTAL) {
        struct total t = {{0}};
        total_add(&t, rows_amount(rows, row, column));
        return (struct param){form, arena_copy(arena, &t, sizeof t)};
    }
    assert(form == T_BYTES);
    struct slice s = rows_bytes(rows, row, column);
    s.p = arena_copy(arena, s.p, s.n);
    return (struct param){T_BYTES, arena_copy(arena, &s, sizeof s)};
}
