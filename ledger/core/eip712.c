/* ledger/core/eip712.c - values of EIP-712: encodeData, hashStruct, the digest that is signed; see eip712.h. */
#include "ledger/core/eip712.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "ledger/core/amount.h"
#include "ledger/core/digest.h"
#include "ledger/core/eip712_impl.h"

enum { REFUSAL_TEXT = 256, HEX_DIGITS_MAX = 2 * EIP712_WORD };
/* Readers that hold numbers in binary64 read other values beyond it (RFC 7493, section 2.2). */
static const json_int_t exact_max = (json_int_t)1 << 53;

/* Where a value stands: a member of, or an element in, the one above. */
struct place {
    const struct place *up;
    const char *name; /* NULL: an element */
    size_t index;
    unsigned depth;
};

/* Words wait in `words` until their struct or array is complete, innermost last. */
struct encoder {
    struct eip712_types *types;
    struct buffer words;
};

static void put_path(const struct place *p, struct buffer *out)
{
    if (p->up != NULL) {
        put_path(p->up, out);
        if (p->name != NULL)
            buffer_u8(out, '.');
    }
    if (p->name != NULL)
        buffer_text(out, p->name);
    else
        buffer_printf(out, "[%zu]", p->index);
}

__attribute__((format(printf, 2, 3))) static enum err refuse(const struct place *p, const char *format, ...)
{
    char what[REFUSAL_TEXT];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    AUTO_BUFFER path = {0};
    put_path(p, &path);
    return err_with(ERR_FIELD, "%.*s: %s", (int)path.n, (const char *)path.p, what);
}

static enum err encode(struct encoder *e, const struct eip712_member *m, size_t type_n, const json_t *value,
                       const struct place *p, uint8_t word[EIP712_WORD]);

/* ---- elementary values ---- */

/* Letters of one case, or EIP-55's: wallets refuse others. */
static bool checksum_holds(struct address a, const char *text)
{
    bool upper = false, lower = false;
    char right[ADDRESS_TEXT + 1];
    for (const char *c = text + 2; *c != '\0'; c++) {
        upper = upper || (*c >= 'A' && *c <= 'F');
        lower = lower || (*c >= 'a' && *c <= 'f');
    }
    if (!upper || !lower)
        return true;
    address_format(a, right);
    return strcmp(text, right) == 0;
}

static enum err encode_address(const json_t *value, const struct place *p, uint8_t word[EIP712_WORD])
{
    struct address a;
    const char *text = json_string_value(value);
    if (text == NULL || address_parse(text, json_string_length(value), &a) != OK)
        return refuse(p, "must be an address, 0x and 40 hexadecimal digits");
    if (!checksum_holds(a, text))
        return refuse(p, "the address's mixed case is not that of EIP-55");
    memset(word, 0, EIP712_WORD - sizeof a.b);
    memcpy(word + EIP712_WORD - sizeof a.b, a.b, sizeof a.b);
    return OK;
}

static enum err encode_bytes(struct encoder *e, const json_t *value, const struct place *p, uint8_t word[EIP712_WORD])
{
    const char *text = json_string_value(value);
    size_t length = json_string_length(value), before = e->words.n, n = 0;
    buffer_reserve(&e->words, length / 2 + 1);
    if (text == NULL || hex_parse(text, length, e->words.p + before, length / 2, &n) != OK)
        return refuse(p, "must be bytes, 0x and an even number of hexadecimal digits");
    struct hash h = keccak_bytes(e->words.p + before, n);
    memcpy(word, h.b, sizeof h.b);
    return OK;
}

/* EIP-712: "bytes1 to bytes31 are ... zero-padded at the end to bytes32". */
static enum err encode_fixed_bytes(unsigned width, const json_t *value, const struct place *p,
                                   uint8_t word[EIP712_WORD])
{
    const char *text = json_string_value(value);
    size_t n = 0;
    memset(word, 0, EIP712_WORD);
    if (text == NULL || hex_parse(text, json_string_length(value), word, width, &n) != OK || n != width)
        return refuse(p, "must be %u bytes, 0x and %u hexadecimal digits", width, 2 * width);
    return OK;
}

/* ERR_FIELD: no number; ERR_OVERFLOW: 2^256 or more. */
static enum err parse_magnitude(const char *text, size_t n, bool negative, uint8_t word[EIP712_WORD])
{
    struct amount a;
    struct hash h;
    if (n > 2 && text[0] == '0' && text[1] == 'x' && !negative) {
        char padded[HASH_TEXT + 1] = "0x";
        if (n - 2 > HEX_DIGITS_MAX)
            return ERR_OVERFLOW;
        memset(padded + 2, '0', HEX_DIGITS_MAX);
        memcpy(padded + HASH_TEXT - (n - 2), text + 2, n - 2);
        TRY(hash_parse(padded, HASH_TEXT, &h));
        memcpy(word, h.b, sizeof h.b);
        return OK;
    }
    TRY(amount_parse(text, n, &a));
    if (negative && amount_is_zero(a))
        return ERR_FIELD;
    amount_to_be(a, word);
    return OK;
}

static void negate(uint8_t word[EIP712_WORD])
{
    unsigned carry = 1;
    for (size_t i = EIP712_WORD; i-- > 0; carry >>= 8) {
        carry += (uint8_t)~word[i];
        word[i] = (uint8_t)carry;
    }
}

/* Whether the magnitude fits in uintN or intN, N = 8 * width. */
static bool fits(const uint8_t word[EIP712_WORD], unsigned width, bool is_signed, bool negative)
{
    unsigned top = EIP712_WORD - width, high = 0, rest = 0;
    for (unsigned i = 0; i < top; i++)
        high |= word[i];
    for (unsigned i = top + 1; i < EIP712_WORD; i++)
        rest |= word[i];
    if (high != 0 || (negative && !is_signed))
        return false;
    if (!is_signed || word[top] < 0x80)
        return true;
    return negative && word[top] == 0x80 && rest == 0; /* the least one, -2^(N-1) */
}

static enum err encode_integer(const struct eip712_member *m, const json_t *value, const struct place *p,
                               uint8_t word[EIP712_WORD])
{
    bool is_signed = m->kind == EIP712_INT, negative = false;
    enum err e = ERR_FIELD;
    if (json_is_string(value)) {
        const char *text = json_string_value(value);
        negative = text[0] == '-';
        e = parse_magnitude(text + negative, json_string_length(value) - negative, negative, word);
    } else if (json_is_integer(value)) {
        json_int_t v = json_integer_value(value);
        if (v >= exact_max || v <= -exact_max)
            return refuse(p, "a number beyond 2^53 must be written as text");
        negative = v < 0;
        amount_to_be(amount_from_u64((uint64_t)(negative ? -v : v)), word);
        e = OK;
    }
    if (e == ERR_FIELD)
        return refuse(p, "must be an integer: a number, or text of decimal or 0x digits");
    if (e != OK || !fits(word, m->width, is_signed, negative))
        return refuse(p, "does not fit in %sint%u", is_signed ? "" : "u", 8 * m->width);
    if (negative)
        negate(word);
    return OK;
}

/* ---- structs and arrays ---- */

static enum err hash_struct(struct encoder *e, struct eip712_struct *s, const json_t *value, const struct place *p,
                            struct hash *out)
{
    if (p->depth > EIP712_DEPTH_MAX)
        return refuse(p, "nested deeper than %d", EIP712_DEPTH_MAX);
    if (!json_is_object(value))
        return refuse(p, "must be an object");
    size_t before = e->words.n;
    struct hash type;
    TRY(eip712_resolve(e->types, s));
    TRY(eip712_type_hash(e->types, s, &type));
    buffer_bytes(&e->words, type.b, sizeof type.b);
    for (size_t i = 0; i < s->n_members; i++) {
        const struct eip712_member *m = &s->members[i];
        struct place inner = {.up = p, .name = m->name, .depth = p->depth + 1};
        const json_t *member = json_object_get(value, m->name);
        uint8_t word[EIP712_WORD];
        if (member == NULL)
            return refuse(&inner, "is missing");
        TRY(encode(e, m, strlen(m->type), member, &inner, word));
        buffer_bytes(&e->words, word, sizeof word);
    }
    /* The names are distinct and all are there, so that as many are all. */
    if (json_object_size(value) != s->n_members) {
        const char *name;
        json_t *unused;
        json_object_foreach((json_t *)value, name, unused)
        {
            if (!eip712_has_member(s, name))
                return refuse(p, "%s has no member %.64s", s->name, name);
        }
    }
    *out = keccak_bytes(e->words.p + before, e->words.n - before);
    e->words.n = before;
    return OK;
}

/* `type_n` ends after a dimension. EIP-712: "The array values are encoded as the keccak256 hash of the concatenated encodeData of
 * their contents". */
static enum err encode_array(struct encoder *e, const struct eip712_member *m, size_t type_n, const json_t *value,
                             const struct place *p, uint8_t word[EIP712_WORD])
{
    size_t element_n = type_n - 1, before = e->words.n, n = json_array_size(value), want = 0;
    while (m->type[element_n] != '[')
        element_n--;
    if (p->depth > EIP712_DEPTH_MAX)
        return refuse(p, "nested deeper than %d", EIP712_DEPTH_MAX);
    if (!json_is_array(value))
        return refuse(p, "must be an array");
    for (size_t i = element_n + 1; i < type_n - 1; i++)
        want = want * 10 + (size_t)(m->type[i] - '0');
    if (element_n + 2 < type_n && n != want)
        return refuse(p, "must have %zu elements, not %zu", want, n);
    for (size_t i = 0; i < n; i++) {
        struct place inner = {.up = p, .index = i, .depth = p->depth + 1};
        uint8_t element[EIP712_WORD];
        TRY(encode(e, m, element_n, json_array_get(value, i), &inner, element));
        buffer_bytes(&e->words, element, sizeof element);
    }
    struct hash h = keccak_bytes(e->words.p + before, e->words.n - before);
    e->words.n = before;
    memcpy(word, h.b, sizeof h.b);
    return OK;
}

/* The word that stands for a value of the type whose text is the first type_n bytes of the member's. */
static enum err encode(struct encoder *e, const struct eip712_member *m, size_t type_n, const json_t *value,
                       const struct place *p, uint8_t word[EIP712_WORD])
{
    struct hash h;
    if (type_n > m->base_n)
        return encode_array(e, m, type_n, value, p, word);
    switch (m->kind) {
    case EIP712_ADDRESS:
        return encode_address(value, p, word);
    case EIP712_BOOL:
        if (!json_is_boolean(value))
            return refuse(p, "must be true or false");
        memset(word, 0, EIP712_WORD);
        word[EIP712_WORD - 1] = json_is_true(value);
        return OK;
    case EIP712_STRING:
        if (!json_is_string(value))
            return refuse(p, "must be text");
        h = keccak_bytes(json_string_value(value), json_string_length(value));
        memcpy(word, h.b, sizeof h.b);
        return OK;
    case EIP712_BYTES:
        return encode_bytes(e, value, p, word);
    case EIP712_FIXED_BYTES:
        return encode_fixed_bytes(m->width, value, p, word);
    case EIP712_UINT:
    case EIP712_INT:
        return encode_integer(m, value, p, word);
    case EIP712_STRUCT:
        TRY(hash_struct(e, m->of, value, p, &h));
        memcpy(word, h.b, sizeof h.b);
        return OK;
    }
    assert(false);
    return ERR_INTERNAL;
}

/* ---- whole messages ---- */

static enum err hash_root(struct eip712_types *types, struct eip712_struct *s, const json_t *value, const char *path,
                          struct hash *out)
{
    struct encoder e = {.types = types};
    const struct place root = {.name = path, .depth = 1};
    enum err error = hash_struct(&e, s, value, &root, out);
    buffer_done(&e.words);
    return error;
}

static enum err hash_named(struct eip712_types *types, const char *name, const json_t *value, const char *path,
                           struct hash *out)
{
    struct eip712_struct *s = eip712_types_find(types, name, strlen(name));
    if (s == NULL)
        return err_with(ERR_FIELD, "data.types: there is no type %.64s", name);
    return hash_root(types, s, value, path, out);
}

static enum err hash_domain(const json_t *domain, struct arena *arena, struct hash *out)
{
    struct eip712_types none;
    struct eip712_struct *s = NULL;
    TRY(eip712_domain(domain, &none, arena, &s));
    return hash_root(&none, s, domain, "data.domain", out);
}

enum err eip712_hash_struct(const json_t *types, const char *name, const json_t *value, struct hash *out)
{
    AUTO_ARENA arena = {0};
    struct eip712_types t;
    TRY(eip712_types_open(types, &arena, &t));
    return hash_named(&t, name, value, "data.message", out);
}

enum err eip712_hash_domain(const json_t *domain, struct hash *out)
{
    AUTO_ARENA arena = {0};
    return hash_domain(domain, &arena, out);
}

enum err eip712_digest(const json_t *domain, const json_t *types, const char *primary, const json_t *message,
                       struct hash *out)
{
    AUTO_ARENA arena = {0};
    struct eip712_types t;
    uint8_t both[2 + 2 * EIP712_WORD] = {0x19, 0x01}; /* EIP-191, version 01 */
    struct hash of_domain, of_message;
    TRY(eip712_types_open(types, &arena, &t));
    if (json_object_get(types, "EIP712Domain") != NULL)
        TRY(hash_named(&t, "EIP712Domain", domain, "data.domain", &of_domain));
    else
        TRY(hash_domain(domain, &arena, &of_domain));
    TRY(hash_named(&t, primary, message, "data.message", &of_message));
    memcpy(both + 2, of_domain.b, EIP712_WORD);
    memcpy(both + 2 + EIP712_WORD, of_message.b, EIP712_WORD);
    *out = keccak_bytes(both, sizeof both);
    return OK;
}
