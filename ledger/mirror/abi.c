/* ledger/mirror/abi.c - see abi.h: declarations into events, and the hash that finds them. */
#include "ledger/mirror/abi.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "ledger/core/digest.h"
#include "ledger/mirror/abi_table.h"

enum { MEMBERS_MAX = 16, SLOTS = 1024 };

struct slot {
    const struct abi_event *event;
    enum contract_kind kind;
};

/* Written by abi_setup() only; read by every thread after it. */
static struct {
    struct arena arena;
    struct abi_event *events;
    size_t n;
    struct slot slots[SLOTS];
    size_t n_slots_used;
} table;

/* The declarations are ours, so a mistake in one is a fault of the program: assertions, not errors. */
struct parser {
    const char *at;
    struct buffer signature; /* grows as types are read */
};

static void skip_space(struct parser *p)
{
    while (*p->at == ' ')
        p->at++;
}

static bool take_char(struct parser *p, char c)
{
    skip_space(p);
    if (*p->at != c)
        return false;
    p->at++;
    return true;
}

/* A name or keyword; "" if there is none. */
static const char *take_word(struct parser *p)
{
    skip_space(p);
    const char *start = p->at;
    while (isalnum((unsigned char)*p->at) || *p->at == '_')
        p->at++;
    return arena_text(&table.arena, start, (size_t)(p->at - start));
}

static unsigned take_number(const char *digits)
{
    unsigned n = 0;
    assert(*digits != '\0');
    for (; *digits; digits++) {
        assert(isdigit((unsigned char)*digits) && n < 1000);
        n = n * 10 + (unsigned)(*digits - '0');
    }
    return n;
}

static struct abi_type elementary(const char *word)
{
    if (!strcmp(word, "address"))
        return (struct abi_type){.kind = ABI_ADDRESS, .bits = 160};
    if (!strcmp(word, "bool"))
        return (struct abi_type){.kind = ABI_BOOL, .bits = 8};
    if (!strcmp(word, "string"))
        return (struct abi_type){.kind = ABI_STRING};
    if (!strcmp(word, "bytes"))
        return (struct abi_type){.kind = ABI_BYTES};
    struct abi_type type;
    if (!strncmp(word, "bytes", 5))
        type = (struct abi_type){.kind = ABI_FIXED_BYTES, .bits = 8 * take_number(word + 5)};
    else if (!strncmp(word, "uint", 4))
        type = (struct abi_type){.kind = ABI_UINT, .bits = take_number(word + 4)};
    else {
        assert(!strncmp(word, "int", 3));
        type = (struct abi_type){.kind = ABI_INT, .bits = take_number(word + 3)};
    }
    assert(type.bits >= 8 && type.bits <= 256 && type.bits % 8 == 0);
    return type;
}

static struct abi_type parse_type(struct parser *p);

/* "(type name, ...)", the opening parenthesis already taken. */
static struct abi_type parse_tuple(struct parser *p)
{
    struct abi_type members[MEMBERS_MAX];
    const char *names[MEMBERS_MAX];
    size_t n = 0;
    buffer_text(&p->signature, "(");
    do {
        assert(n < MEMBERS_MAX);
        if (n > 0)
            buffer_text(&p->signature, ",");
        members[n] = parse_type(p);
        names[n++] = take_word(p);
    } while (take_char(p, ','));
    bool closed = take_char(p, ')');
    assert(closed);
    buffer_text(&p->signature, ")");
    return (struct abi_type){
        .kind = ABI_TUPLE,
        .items = arena_copy(&table.arena, members, n * sizeof members[0]),
        .names = arena_copy(&table.arena, names, n * sizeof names[0]),
        .n = n,
    };
}

static struct abi_type parse_type(struct parser *p)
{
    struct abi_type type;
    if (take_char(p, '(')) {
        type = parse_tuple(p);
    } else {
        const char *word = take_word(p);
        type = elementary(word);
        buffer_text(&p->signature, word);
    }
    while (*p->at == '[') {
        p->at++;
        const char *length = take_word(p);
        bool closed = take_char(p, ']');
        assert(closed);
        type = (struct abi_type){
            .kind = ABI_ARRAY,
            .items = arena_copy(&table.arena, &type, sizeof type),
            .n = *length ? take_number(length) : 0,
        };
        assert(!*length || type.n > 0); /* so that no element is of size zero, which would make lengths unbounded */
        buffer_printf(&p->signature, "[%s]", length);
    }
    return type;
}

/* How deep the decoder recurses for a value of this type. */
static int depth_of(const struct abi_type *t)
{
    int deepest = 0;
    size_t n = t->kind == ABI_TUPLE ? t->n : t->kind == ABI_ARRAY;
    for (size_t i = 0; i < n; i++) {
        int depth = depth_of(&t->items[i]);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

static size_t parse_inputs(struct parser *p, struct abi_input inputs[MEMBERS_MAX])
{
    size_t n = 0;
    if (take_char(p, ')'))
        return 0;
    do {
        assert(n < MEMBERS_MAX);
        if (n > 0)
            buffer_text(&p->signature, ",");
        struct abi_input input = {.type = parse_type(p)};
        assert(depth_of(&input.type) <= ABI_DEPTH_MAX);
        input.name = take_word(p);
        if (!strcmp(input.name, "indexed")) {
            input.indexed = true;
            input.name = take_word(p);
        }
        inputs[n++] = input;
    } while (take_char(p, ','));
    bool closed = take_char(p, ')');
    assert(closed);
    return n;
}

static void parse_event(const struct abi_row *row, struct abi_event *out)
{
    struct parser p = {.at = row->declaration};
    const char *word = take_word(&p);
    assert(!strcmp(word, "event"));
    *out = (struct abi_event){.group = row->group, .name = take_word(&p), .n_topics = 1};
    out->type = arena_printf(&table.arena, "%s.%s", out->group, out->name);

    buffer_printf(&p.signature, "%s(", out->name);
    bool opened = take_char(&p, '(');
    assert(opened);
    struct abi_input inputs[MEMBERS_MAX];
    out->n_inputs = parse_inputs(&p, inputs);
    assert(*p.at == '\0');
    buffer_text(&p.signature, ")");

    for (size_t i = 0; i < out->n_inputs; i++)
        out->n_topics += inputs[i].indexed;
    assert(out->n_topics <= 4);
    out->inputs = arena_copy(&table.arena, inputs, out->n_inputs * sizeof inputs[0]);
    out->signature = arena_text(&table.arena, (const char *)p.signature.p, p.signature.n);
    out->topic0 = keccak_bytes(p.signature.p, p.signature.n);
    buffer_done(&p.signature);
}

static size_t slot_of(enum contract_kind kind, const struct hash *topic0, uint32_t n_topics)
{
    uint64_t h; /* topic0 is a hash already: any of its bytes will do */
    memcpy(&h, topic0->b, sizeof h);
    return (size_t)((h ^ (h >> 32)) + (uint64_t)kind * 131 + (uint64_t)n_topics * 17) % SLOTS;
}

static const struct abi_event *find(enum contract_kind kind, const struct hash *topic0, uint32_t n_topics, size_t *at)
{
    size_t i = slot_of(kind, topic0, n_topics);
    for (; table.slots[i].event != NULL; i = (i + 1) % SLOTS) {
        const struct abi_event *e = table.slots[i].event;
        if (table.slots[i].kind == kind && e->n_topics == n_topics && hash_equal(e->topic0, *topic0))
            return e;
    }
    *at = i;
    return NULL;
}

static void index_group(enum contract_kind kind, const char *group)
{
    bool known = false;
    for (size_t i = 0; i < table.n; i++) {
        const struct abi_event *e = &table.events[i];
        if (strcmp(e->group, group) != 0)
            continue;
        known = true;
        size_t at;
        if (find(kind, &e->topic0, e->n_topics, &at) != NULL)
            continue; /* the group listed first wins */
        table.slots[at] = (struct slot){.event = e, .kind = kind};
        table.n_slots_used++;
        assert(table.n_slots_used <= SLOTS / 2);
    }
    assert(known);
}

void abi_setup(void)
{
    if (table.n > 0)
        return;
    table.events = ARENA_ARRAY(&table.arena, struct abi_event, abi_n_rows);
    for (size_t i = 0; i < abi_n_rows; i++) {
        parse_event(&abi_rows[i], &table.events[i]);
        table.events[i].id = (uint32_t)i;
    }
    table.n = abi_n_rows;
    for (size_t kind = 0; kind < KIND_COUNT; kind++)
        for (size_t g = 0; g < ABI_GROUPS_MAX && abi_groups[kind][g] != NULL; g++)
            index_group((enum contract_kind)kind, abi_groups[kind][g]);
}

size_t abi_count(void)
{
    return table.n;
}

const struct abi_event *abi_at(size_t i)
{
    assert(i < table.n);
    return &table.events[i];
}

const struct abi_event *abi_find(enum contract_kind kind, const struct log *log)
{
    size_t at;
    return log->n_topics == 0 ? NULL : find(kind, &log->topics[0], log->n_topics, &at);
}

size_t abi_by_type(const char *type, const struct abi_event **out, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < table.n && n < max; i++)
        if (!strcmp(table.events[i].type, type))
            out[n++] = &table.events[i];
    return n;
}

const struct abi_event *abi_by_signature(const char *group, const char *signature)
{
    for (size_t i = 0; i < table.n; i++)
        if (!strcmp(table.events[i].group, group) && !strcmp(table.events[i].signature, signature))
            return &table.events[i];
    return NULL;
}
