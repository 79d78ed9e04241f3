/* ledger/mirror/abi_decode.c - event data into values and JSON, whatever the bytes are; see abi.h. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "ledger/mirror/abi.h"

enum { WORD = 32 };

/* Offsets may overlap, so a few bytes can name the same text many times: what all texts together may hold beyond the
 * data itself. An encoding without overlaps never needs it. */
enum { OVERLAP_MAX = 1 << 20 };

struct reader {
    struct slice data;
    struct arena *arena;
    size_t items_left, bytes_left;
    const struct abi_event *event;
    const struct abi_input *input; /* what is being read, for the detail */
};

static enum err refuse(const struct reader *r, const char *what)
{
    return err_with(ERR_UNDECODABLE, "%s, argument %zu (%s): %s", r->event->type, (size_t)(r->input - r->event->inputs),
                    r->input->name, what);
}

static bool all_bytes(const uint8_t *p, size_t n, uint8_t value)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != value)
            return false;
    return true;
}

static bool is_dynamic(const struct abi_type *t)
{
    switch (t->kind) {
    case ABI_UINT:
    case ABI_INT:
    case ABI_ADDRESS:
    case ABI_BOOL:
    case ABI_FIXED_BYTES:
        return false;
    case ABI_BYTES:
    case ABI_STRING:
        return true;
    case ABI_ARRAY:
        return t->n == 0 || is_dynamic(t->items);
    case ABI_TUPLE:
        for (size_t i = 0; i < t->n; i++)
            if (is_dynamic(&t->items[i]))
                return true;
        return false;
    }
    assert(!"a kind of type");
}

/* Bytes in the head of what encloses it: an offset, or the value itself. At least one word. */
static size_t head_size(const struct abi_type *t)
{
    size_t size = 0;
    if (is_dynamic(t))
        return WORD;
    if (t->kind == ABI_ARRAY)
        return t->n * head_size(t->items);
    if (t->kind != ABI_TUPLE)
        return WORD;
    for (size_t i = 0; i < t->n; i++)
        size += head_size(&t->items[i]);
    return size;
}

static enum err read_word(const struct reader *r, size_t at, const uint8_t **out)
{
    if (r->data.n < WORD || at > r->data.n - WORD)
        return refuse(r, "the data is too short");
    *out = r->data.p + at;
    return OK;
}

/* An offset or a length: no legal one exceeds the data. */
static enum err read_size(const struct reader *r, size_t at, size_t *out)
{
    const uint8_t *word = NULL;
    TRY(read_word(r, at, &word));
    size_t v = 0;
    for (size_t i = WORD - 4; i < WORD; i++)
        v = v << 8 | word[i];
    if (!all_bytes(word, WORD - 4, 0) || v > r->data.n)
        return refuse(r, "an offset or length leaves the data");
    *out = v;
    return OK;
}

/* Two's complement: the bytes above the type repeat its sign. */
static enum err decode_int(const struct reader *r, unsigned bits, const uint8_t word[WORD], struct abi_value *out)
{
    size_t above = (256 - bits) / 8;
    out->negative = word[above] >> 7;
    if (!all_bytes(word, above, out->negative ? 0xff : 0))
        return refuse(r, "an integer is out of its type's range");
    uint8_t magnitude[WORD];
    unsigned carry = out->negative;
    for (size_t i = WORD; i-- > 0;) {
        unsigned v = (out->negative ? 0xffu ^ word[i] : word[i]) + carry;
        magnitude[i] = (uint8_t)v;
        carry = v >> 8;
    }
    out->number = amount_from_be(magnitude);
    return OK;
}

/* A value type in one word, of the data or of a topic. */
static enum err decode_word(const struct reader *r, const struct abi_type *t, const uint8_t word[WORD],
                            struct abi_value *out)
{
    size_t above = (256 - t->bits) / 8;
    out->kind = t->kind;
    switch (t->kind) {
    case ABI_UINT:
        if (!all_bytes(word, above, 0))
            return refuse(r, "an integer is out of its type's range");
        out->number = amount_from_be(word);
        return OK;
    case ABI_INT:
        return decode_int(r, t->bits, word, out);
    case ABI_ADDRESS:
        if (!all_bytes(word, above, 0))
            return refuse(r, "an address has more than 20 bytes");
        memcpy(out->address.b, word + above, sizeof out->address.b);
        return OK;
    case ABI_BOOL:
        if (!all_bytes(word, WORD - 1, 0) || word[WORD - 1] > 1)
            return refuse(r, "a bool is neither 0 nor 1");
        out->number = amount_from_u64(word[WORD - 1]);
        return OK;
    case ABI_FIXED_BYTES:
        if (!all_bytes(word + t->bits / 8, above, 0))
            return refuse(r, "fixed bytes are longer than their type");
        out->bytes = (struct slice){word, t->bits / 8};
        return OK;
    case ABI_BYTES:
    case ABI_STRING:
    case ABI_ARRAY:
    case ABI_TUPLE:
        break;
    }
    assert(!"a value type");
}

static enum err decode_at(struct reader *r, const struct abi_type *t, size_t at, struct abi_value *out);

/* The value whose head is at `head`, offsets counting from `base`; both lie in the data. */
static enum err decode_head(struct reader *r, const struct abi_type *t, size_t base, size_t head, struct abi_value *out)
{
    size_t offset = 0;
    if (!is_dynamic(t))
        return decode_at(r, t, head, out);
    TRY(read_size(r, head, &offset));
    if (offset > r->data.n - base)
        return refuse(r, "an offset leaves the data");
    return decode_at(r, t, base + offset, out);
}

static enum err take_items(struct reader *r, size_t n, struct abi_value *out)
{
    if (n > r->items_left)
        return refuse(r, "too many values");
    r->items_left -= n;
    out->items = ARENA_ARRAY(r->arena, struct abi_value, n);
    out->n_items = n;
    return OK;
}

static enum err decode_array(struct reader *r, const struct abi_type *t, size_t at, struct abi_value *out)
{
    size_t n = t->n, size = head_size(t->items);
    if (t->n == 0) {
        TRY(read_size(r, at, &n));
        at += WORD;
    }
    /* Before anything is taken for them: all heads must be there. */
    if (n > (r->data.n - at) / size)
        return refuse(r, "an array is longer than the data");
    TRY(take_items(r, n, out));
    for (size_t i = 0; i < n; i++)
        TRY(decode_head(r, t->items, at, at + i * size, &out->items[i]));
    return OK;
}

static enum err decode_bytes(struct reader *r, size_t at, struct abi_value *out)
{
    size_t n = 0;
    TRY(read_size(r, at, &n));
    at += WORD;
    if (n > r->data.n - at)
        return refuse(r, "a text is longer than the data");
    if (n > r->bytes_left)
        return refuse(r, "overlapping texts are too long together");
    r->bytes_left -= n;
    out->bytes = (struct slice){r->data.p + at, n};
    return OK;
}

/* at <= data.n. Depth is that of the declared type, at most ABI_DEPTH_MAX. */
static enum err decode_at(struct reader *r, const struct abi_type *t, size_t at, struct abi_value *out)
{
    const uint8_t *word = NULL;
    out->kind = t->kind;
    switch (t->kind) {
    case ABI_UINT:
    case ABI_INT:
    case ABI_ADDRESS:
    case ABI_BOOL:
    case ABI_FIXED_BYTES:
        TRY(read_word(r, at, &word));
        return decode_word(r, t, word, out);
    case ABI_BYTES:
    case ABI_STRING:
        return decode_bytes(r, at, out);
    case ABI_ARRAY:
        return decode_array(r, t, at, out);
    case ABI_TUPLE:
        TRY(take_items(r, t->n, out));
        for (size_t i = 0, head = at; i < t->n; i++) {
            if (head > r->data.n)
                return refuse(r, "the data is too short");
            TRY(decode_head(r, &t->items[i], at, head, &out->items[i]));
            head += head_size(&t->items[i]);
        }
        return OK;
    }
    assert(!"a kind of type");
}

/* "Indexed arguments that are not value types are not stored, but their Keccak-256 hash" (ABI specification, Events). */
static enum err decode_topic(const struct reader *r, const struct hash *topic, struct abi_value *out)
{
    static const struct abi_type hashed = {.kind = ABI_FIXED_BYTES, .bits = 256};
    const struct abi_type *t = &r->input->type;
    bool is_hashed = t->kind == ABI_BYTES || t->kind == ABI_STRING || t->kind == ABI_ARRAY || t->kind == ABI_TUPLE;
    return decode_word(r, is_hashed ? &hashed : t, topic->b, out);
}

enum err abi_decode(const struct abi_event *event, const struct log *log, struct arena *arena, struct abi_value **out)
{
    if (log->n_topics != event->n_topics)
        return err_with(ERR_UNDECODABLE, "%s: %u topics instead of %u", event->type, (unsigned)log->n_topics,
                        event->n_topics);
    struct reader r = {.data = log->data,
                       .arena = arena,
                       .items_left = ABI_ITEMS_MAX - event->n_inputs,
                       .event = event};
    r.bytes_left = log->data.n + OVERLAP_MAX;
    struct abi_value *values = ARENA_ARRAY(arena, struct abi_value, event->n_inputs);
    size_t topic = 1, head = 0;
    for (size_t i = 0; i < event->n_inputs; i++) {
        r.input = &event->inputs[i];
        if (r.input->indexed) {
            TRY(decode_topic(&r, &log->topics[topic++], &values[i]));
            continue;
        }
        if (head > r.data.n)
            return refuse(&r, "the data is too short");
        TRY(decode_head(&r, &r.input->type, 0, head, &values[i]));
        head += head_size(&r.input->type);
    }
    *out = values;
    return OK;
}

struct address abi_subject(const struct abi_event *event, const struct abi_value *values, struct address emitter)
{
    for (size_t i = 0; values != NULL && i < event->n_inputs; i++)
        if (values[i].kind == ABI_ADDRESS)
            return values[i].address;
    return emitter;
}

static void write_key(struct json_writer *w, const char *name, size_t i)
{
    char unnamed[sizeof "arg" + 20];
    snprintf(unnamed, sizeof unnamed, "arg%zu", i);
    jw_key(w, *name ? name : unnamed);
}

static void write_value(struct json_writer *w, const struct abi_type *t, const struct abi_value *v)
{
    switch (v->kind) { /* the value's, not the type's: an indexed text is its hash */
    case ABI_UINT:
        jw_amount(w, v->number);
        return;
    case ABI_INT:
        jw_delta(w, (struct delta){.magnitude = v->number, .negative = v->negative});
        return;
    case ABI_ADDRESS:
        jw_address(w, v->address);
        return;
    case ABI_BOOL:
        jw_bool(w, !amount_is_zero(v->number));
        return;
    case ABI_FIXED_BYTES:
    case ABI_BYTES:
        jw_hex(w, v->bytes);
        return;
    case ABI_STRING:
        jw_text_n(w, (const char *)v->bytes.p, v->bytes.n);
        return;
    case ABI_ARRAY:
        jw_array(w);
        for (size_t i = 0; i < v->n_items; i++)
            write_value(w, t->items, &v->items[i]);
        jw_array_end(w);
        return;
    case ABI_TUPLE:
        jw_object(w);
        for (size_t i = 0; i < v->n_items; i++) {
            write_key(w, t->names[i], i);
            write_value(w, &t->items[i], &v->items[i]);
        }
        jw_object_end(w);
        return;
    }
    assert(!"a kind of value");
}

void abi_write_json(struct json_writer *w, const struct abi_event *event, const struct abi_value *values)
{
    jw_object(w);
    for (size_t i = 0; i < event->n_inputs; i++) {
        write_key(w, event->inputs[i].name, i);
        write_value(w, &event->inputs[i].type, &values[i]);
    }
    jw_object_end(w);
}
