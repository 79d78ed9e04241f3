/* ledger/core/eip712_types.c - struct types of EIP-712: what they declare, encodeType, typeHash; see eip712.h. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/core/digest.h"
#include "ledger/core/eip712.h"
#include "ledger/core/eip712_impl.h"

static const char domain_name[] = "EIP712Domain";

/* Letters, digits, _ and $, not beginning with a digit: what Solidity calls an identifier. Anything else could imitate the
 * punctuation of encodeType. */
static size_t identifier(const char *text)
{
    size_t n = 0;
    for (;; n++) {
        char c = text[n];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
        if (!letter && (n == 0 || c < '0' || c > '9'))
            return n;
    }
}

/* The number that text[0..n) is, without leading zeros, or 0. */
static unsigned width_of(const char *text, size_t n)
{
    unsigned v = 0;
    if (n == 0 || n > 3 || text[0] == '0')
        return 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return 0;
        v = v * 10 + (unsigned)(text[i] - '0');
    }
    return v;
}

static bool starts(const char *text, size_t n, const char *with)
{
    return n >= strlen(with) && memcmp(text, with, strlen(with)) == 0;
}

static bool bits(const char *text, size_t n, unsigned *width)
{
    unsigned v = width_of(text, n);
    *width = v / 8;
    return v > 0 && v <= 256 && v % 8 == 0;
}

/* EIP-712: "The atomic types are bytes1 to bytes32, uint8 to uint256, int8 to int256, bool and address ... there are no aliases
 * uint and int"; the dynamic ones are bytes and string. */
static bool elementary(const char *text, size_t n, struct eip712_member *m)
{
    static const struct {
        const char *name;
        enum eip712_kind kind;
    } plain[] = {{"address", EIP712_ADDRESS},
                 {"bool", EIP712_BOOL},
                 {"string", EIP712_STRING},
                 {"bytes", EIP712_BYTES}};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        if (n == strlen(plain[i].name) && starts(text, n, plain[i].name)) {
            m->kind = plain[i].kind;
            return true;
        }
    }
    if (starts(text, n, "bytes")) {
        m->kind = EIP712_FIXED_BYTES;
        m->width = width_of(text + 5, n - 5);
        return m->width > 0 && m->width <= EIP712_WORD;
    }
    m->kind = starts(text, n, "uint") ? EIP712_UINT : EIP712_INT;
    size_t prefix = m->kind == EIP712_UINT ? 4 : 3;
    return (m->kind == EIP712_UINT || starts(text, n, "int")) && bits(text + prefix, n - prefix, &m->width);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct eip712_struct *)a)->name, ((const struct eip712_struct *)b)->name);
}

enum err eip712_types_open(const json_t *types, struct arena *arena, struct eip712_types *out)
{
    struct eip712_types t = {.arena = arena};
    if (!json_is_object(types))
        return err_with(ERR_FIELD, "data.types: must be an object");
    if (json_object_size(types) > EIP712_STRUCTS_MAX)
        return err_with(ERR_FIELD, "data.types: more than %d", EIP712_STRUCTS_MAX);
    t.all = ARENA_ARRAY(arena, struct eip712_struct, json_object_size(types) + 1);
    const char *name;
    json_t *members;
    json_object_foreach((json_t *)types, name, members)
    {
        struct eip712_member unused;
        size_t n = identifier(name);
        if (n == 0 || name[n] != '\0')
            return err_with(ERR_FIELD, "data.types.%.64s: not a name", name);
        if (elementary(name, n, &unused))
            return err_with(ERR_FIELD, "data.types.%.64s: the name of an elementary type", name);
        t.all[t.n++] = (struct eip712_struct){.name = name, .declared = members};
    }
    qsort(t.all, t.n, sizeof *t.all, by_name);
    *out = t;
    return OK;
}

struct eip712_struct *eip712_types_find(const struct eip712_types *t, const char *name, size_t n)
{
    size_t low = 0, high = t->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int c = strncmp(t->all[middle].name, name, n);
        if (c == 0 && t->all[middle].name[n] == '\0')
            return &t->all[middle];
        if (c < 0)
            low = middle + 1;
        else
            high = middle; /* also where ours only begins with it: the shorter comes first */
    }
    return NULL;
}

/* Dimensions: [] or [n], any number of them. */
static bool dimensions(const char *text)
{
    while (*text == '[') {
        size_t digits = strspn(++text, "0123456789");
        if (digits > 9 || (digits > 1 && text[0] == '0') || text[digits] != ']')
            return false;
        text += digits + 1;
    }
    return *text == '\0';
}

static enum err resolve_type(const struct eip712_types *t, struct eip712_member *m)
{
    m->base_n = identifier(m->type);
    if (m->base_n == 0 || !dimensions(m->type + m->base_n))
        return ERR_FIELD;
    if (elementary(m->type, m->base_n, m))
        return OK;
    m->kind = EIP712_STRUCT;
    m->of = eip712_types_find(t, m->type, m->base_n);
    return m->of != NULL ? OK : ERR_FIELD;
}

static enum err resolve_member(const struct eip712_types *t, const struct eip712_struct *s, size_t i,
                               struct eip712_member *m)
{
    const json_t *declared = json_array_get(s->declared, i);
    m->name = json_string_value(json_object_get(declared, "name"));
    m->type = json_string_value(json_object_get(declared, "type"));
    if (json_object_size(declared) != 2 || m->name == NULL || m->type == NULL)
        return err_with(ERR_FIELD, "data.types.%s[%zu]: must have a name and a type, and nothing else", s->name, i);
    size_t n = identifier(m->name);
    if (n == 0 || m->name[n] != '\0')
        return err_with(ERR_FIELD, "data.types.%s[%zu].name: not a name", s->name, i);
    if (resolve_type(t, m) != OK)
        return err_with(ERR_FIELD, "data.types.%s[%zu].type: there is no type %.64s", s->name, i, m->type);
    return OK;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum err sort_names(struct arena *arena, struct eip712_struct *s)
{
    s->sorted = ARENA_ARRAY(arena, const char *, s->n_members + 1);
    for (size_t i = 0; i < s->n_members; i++)
        s->sorted[i] = s->members[i].name;
    qsort(s->sorted, s->n_members, sizeof *s->sorted, by_text);
    for (size_t i = 1; i < s->n_members; i++) {
        if (strcmp(s->sorted[i - 1], s->sorted[i]) == 0)
            return err_with(ERR_FIELD, "data.types.%s: two members named %.64s", s->name, s->sorted[i]);
    }
    return OK;
}

bool eip712_has_member(const struct eip712_struct *s, const char *name)
{
    return bsearch(&name, s->sorted, s->n_members, sizeof *s->sorted, by_text) != NULL;
}

enum err eip712_resolve(struct eip712_types *t, struct eip712_struct *s)
{
    if (s->resolved)
        return OK;
    if (!json_is_array(s->declared))
        return err_with(ERR_FIELD, "data.types.%s: must be an array", s->name);
    s->n_members = json_array_size(s->declared);
    s->members = ARENA_ARRAY(t->arena, struct eip712_member, s->n_members + 1);
    for (size_t i = 0; i < s->n_members; i++)
        TRY(resolve_member(t, s, i, &s->members[i]));
    TRY(sort_names(t->arena, s));
    s->resolved = true;
    return OK;
}

enum err eip712_domain(const json_t *domain, struct eip712_types *out, struct arena *arena,
                       struct eip712_struct **domain_struct)
{
    /* EIP-712: "Protocol designers only need to include the fields that make sense", in this order. */
    static const struct eip712_member known[] = {
        {.name = "name", .type = "string", .base_n = 6, .kind = EIP712_STRING},
        {.name = "version", .type = "string", .base_n = 6, .kind = EIP712_STRING},
        {.name = "chainId", .type = "uint256", .base_n = 7, .kind = EIP712_UINT, .width = EIP712_WORD},
        {.name = "verifyingContract", .type = "address", .base_n = 7, .kind = EIP712_ADDRESS},
        {.name = "salt", .type = "bytes32", .base_n = 7, .kind = EIP712_FIXED_BYTES, .width = EIP712_WORD},
    };
    enum { KNOWN = sizeof known / sizeof *known };
    struct eip712_struct *s = ARENA_NEW(arena, struct eip712_struct);
    *s = (struct eip712_struct){.name = domain_name, .resolved = true};
    s->members = ARENA_ARRAY(arena, struct eip712_member, KNOWN);
    for (size_t i = 0; i < KNOWN; i++) {
        if (json_object_get(domain, known[i].name) != NULL)
            s->members[s->n_members++] = known[i];
    }
    if (!json_is_object(domain))
        return err_with(ERR_FIELD, "data.domain: must be an object");
    TRY(sort_names(arena, s));
    *out = (struct eip712_types){.arena = arena};
    *domain_struct = s;
    return OK;
}

/* Mark s and what it refers to. Recursion is at most EIP712_STRUCTS_MAX deep. */
static enum err mark(struct eip712_types *t, struct eip712_struct *s)
{
    s->mark = t->mark;
    TRY(eip712_resolve(t, s));
    for (size_t i = 0; i < s->n_members; i++) {
        struct eip712_struct *of = s->members[i].of;
        if (of != NULL && of->mark != t->mark)
            TRY(mark(t, of));
    }
    return OK;
}

static void put_struct(const struct eip712_struct *s, struct buffer *out)
{
    buffer_text(out, s->name);
    buffer_u8(out, '(');
    for (size_t i = 0; i < s->n_members; i++) {
        if (i > 0)
            buffer_u8(out, ',');
        buffer_text(out, s->members[i].type);
        buffer_u8(out, ' ');
        buffer_text(out, s->members[i].name);
    }
    buffer_u8(out, ')');
}

enum err eip712_type_text(struct eip712_types *t, struct eip712_struct *s, struct buffer *out)
{
    size_t before = out->n;
    t->mark++;
    TRY(mark(t, s));
    put_struct(s, out);
    for (size_t i = 0; i < t->n && t->text + out->n - before <= EIP712_TEXT_MAX; i++) {
        if (t->all[i].mark == t->mark && &t->all[i] != s)
            put_struct(&t->all[i], out);
    }
    t->text += out->n - before;
    if (t->text > EIP712_TEXT_MAX)
        return err_with(ERR_FIELD, "data.types: their encoded forms take more than %d bytes", EIP712_TEXT_MAX);
    return OK;
}

enum err eip712_type_hash(struct eip712_types *t, struct eip712_struct *s, struct hash *out)
{
    if (!s->hashed) {
        AUTO_BUFFER text = {0};
        TRY(eip712_type_text(t, s, &text));
        s->type_hash = keccak((struct slice){text.p, text.n});
        s->hashed = true;
    }
    *out = s->type_hash;
    return OK;
}

enum err eip712_encode_type(const json_t *types, const char *primary, struct arena *arena, const char **out)
{
    AUTO_BUFFER text = {0};
    struct eip712_types t;
    TRY(eip712_types_open(types, arena, &t));
    struct eip712_struct *s = eip712_types_find(&t, primary, strlen(primary));
    if (s == NULL)
        return err_with(ERR_FIELD, "data.types: there is no type %.64s", primary);
    TRY(eip712_type_text(&t, s, &text));
    *out = arena_text(arena, (const char *)text.p, text.n);
    return OK;
}

enum err eip712_primary(const json_t *types, const char **out)
{
    AUTO_ARENA arena = {0};
    struct eip712_types t;
    TRY(eip712_types_open(types, &arena, &t));
    for (size_t i = 0; i < t.n; i++) {
        if (strcmp(t.all[i].name, domain_name) == 0)
            t.all[i].mark = 1; /* here: somebody refers to it */
        else
            TRY(eip712_resolve(&t, &t.all[i]));
        for (size_t k = 0; k < t.all[i].n_members; k++) {
            struct eip712_struct *of = t.all[i].members[k].of;
            if (of != NULL && of != &t.all[i])
                of->mark = 1;
        }
    }
    const struct eip712_struct *found = NULL;
    for (size_t i = 0; i < t.n; i++) {
        if (t.all[i].mark == 1)
            continue;
        if (found != NULL)
            return err_with(ERR_FIELD, "data.types: %s and %s could both be the primary type", found->name,
                            t.all[i].name);
        found = &t.all[i];
    }
    if (found == NULL)
        return err_with(ERR_FIELD, "data.types: none is the primary type");
    *out = found->name;
    return OK;
}
