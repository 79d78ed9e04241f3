/* ledger/root.c - see root.h: the canonical bytes of rows. */
#include "ledger/root.h"

#include <assert.h>
#include <string.h>

enum { ROOT_ROWS_MAX = 1 << 20 };

static const char root_domain[] = "altledger block roots 1";

struct hash root_start(uint64_t chain_id, struct hash network_hash, uint32_t rules_version)
{
    AUTO_BUFFER b = {0};
    buffer_text(&b, root_domain);
    buffer_be64(&b, chain_id);
    buffer_bytes(&b, network_hash.b, sizeof network_hash.b);
    buffer_be32(&b, rules_version);
    return keccak_bytes(b.p, b.n);
}

struct hash root_next(struct hash previous, uint64_t number, struct hash block_hash, struct hash digest)
{
    AUTO_BUFFER b = {0};
    buffer_u8(&b, 0x01);
    buffer_bytes(&b, previous.b, sizeof previous.b);
    buffer_be64(&b, number);
    buffer_bytes(&b, block_hash.b, sizeof block_hash.b);
    buffer_bytes(&b, digest.b, sizeof digest.b);
    return keccak_bytes(b.p, b.n);
}

/* Rows of a day with a million stakers would fill the memory: what is full is hashed and dropped. */
static void flush(struct books *b)
{
    if (b->rows_hash == NULL)
        b->rows_hash = keccak_open();
    keccak_add(b->rows_hash, (struct slice){b->rows.p, b->rows.n});
    buffer_reset(&b->rows);
    b->rows_flushed = true;
}

struct hash root_rows_digest(struct books *b, bool *any)
{
    *any = b->rows_flushed || b->rows.n > 0;
    if (!b->rows_flushed)
        return keccak((struct slice){b->rows.p, b->rows.n});
    flush(b);
    b->rows_flushed = false;
    return keccak_end(b->rows_hash);
}

void root_rows_drop(struct books *b)
{
    buffer_reset(&b->rows);
    if (b->rows_flushed)
        keccak_end(b->rows_hash);
    b->rows_flushed = false;
}

static void put_head(struct books *b, uint8_t type, int16_t leg)
{
    if (b->rows.n >= ROOT_ROWS_MAX)
        flush(b);
    buffer_u8(&b->rows, type);
    buffer_be32(&b->rows, b->log_index);
    buffer_be16(&b->rows, (uint16_t)leg);
}

static void put_amount(struct buffer *b, struct amount a)
{
    uint8_t be[32];
    amount_to_be(a, be);
    buffer_bytes(b, be, sizeof be);
}

static void put_total(struct buffer *b, struct total t)
{
    uint8_t be[64];
    total_to_be(t, be);
    buffer_bytes(b, be, sizeof be);
}

static void put_run(struct buffer *b, const uint8_t *p, uint8_t n)
{
    buffer_u8(b, n);
    buffer_bytes(b, p, n);
}

void root_put_event(struct books *b, const struct root_event *event)
{
    put_head(b, ROOT_EVENT, 0);
    buffer_be32(&b->rows, event->tx_index);
    buffer_bytes(&b->rows, event->tx_hash.b, sizeof event->tx_hash.b);
    buffer_bytes(&b->rows, event->emitter.b, sizeof event->emitter.b);
    buffer_u8(&b->rows, (uint8_t)event->n_topics);
    for (uint32_t i = 0; i < event->n_topics; i++)
        buffer_bytes(&b->rows, event->topics[i].b, sizeof event->topics[i].b);
    buffer_be32(&b->rows, (uint32_t)event->data.n);
    buffer_bytes(&b->rows, event->data.p, event->data.n);
}

static void put_account(struct buffer *b, const struct account_key *key)
{
    buffer_u8(b, key->book);
    put_run(b, key->asset, key->asset_n);
    buffer_bytes(b, key->owner.b, sizeof key->owner.b);
    put_run(b, key->second, key->second_n);
}

void root_put_entry(struct books *b, const struct account_key *account, const struct account_key *counter,
                    struct delta delta, struct amount balance)
{
    put_head(b, ROOT_ENTRY, b->leg);
    put_account(&b->rows, account);
    put_account(&b->rows, counter);
    buffer_u8(&b->rows, delta.negative);
    put_amount(&b->rows, delta.magnitude);
    put_amount(&b->rows, balance);
}

void root_put_control(struct books *b, const struct control_key *key, const struct control_state *state)
{
    put_head(b, ROOT_CONTROL, b->leg);
    buffer_u8(&b->rows, key->book);
    put_run(&b->rows, key->asset, key->asset_n);
    put_total(&b->rows, state->debits);
    put_total(&b->rows, state->credits);
    buffer_be64(&b->rows, state->accounts);
}

static void put_member(struct buffer *b, enum type type, const void *v)
{
    switch (type) {
    case T_BOOL:
        buffer_u8(b, *(const bool *)v);
        return;
    case T_I16:
        buffer_be64(b, (uint64_t)(int64_t) * (const int16_t *)v);
        return;
    case T_I32:
        buffer_be64(b, (uint64_t)(int64_t) * (const int32_t *)v);
        return;
    case T_I64:
        buffer_be64(b, (uint64_t) * (const int64_t *)v);
        return;
    case T_U64:
        buffer_be64(b, *(const uint64_t *)v);
        return;
    case T_TIME:
        buffer_be64(b, (uint64_t)((const struct instant *)v)->unix_seconds);
        return;
    case T_AMOUNT:
        put_amount(b, *(const struct amount *)v);
        return;
    case T_DELTA:
        buffer_u8(b, ((const struct delta *)v)->negative);
        put_amount(b, ((const struct delta *)v)->magnitude);
        return;
    case T_TOTAL:
        put_total(b, *(const struct total *)v);
        return;
    case T_ADDRESS:
        buffer_bytes(b, v, sizeof(struct address));
        return;
    case T_HASH:
        buffer_bytes(b, v, sizeof(struct hash));
        return;
    case T_BYTES: {
        const struct slice *s = v;
        buffer_be32(b, (uint32_t)s->n);
        buffer_bytes(b, s->p, s->n);
        return;
    }
    case T_TEXT: {
        const char *s = *(const char *const *)v;
        buffer_be32(b, (uint32_t)strlen(s));
        buffer_text(b, s);
        return;
    }
    }
    assert(!"unknown type");
}

void root_put_timeline(struct books *b, const struct timeline_def *def, const void *row)
{
    put_head(b, def->root_tag, b->leg);
    for (size_t i = 0; i < def->row->n; i++) {
        const struct field *f = &def->row->fields[i];
        if (i == def->n_key || i == def->n_key + 1)
            continue; /* position, log_index */
        put_member(&b->rows, f->type, (const uint8_t *)row + f->offset);
    }
}
