/* governance/door_batch.c - appending, counting, signing and writing of a batch; see door_batch.h. */
#include "governance/door_batch.h"

#include <string.h>

/* ---- appending ---- */

static void keep_subtree(void *arg, unsigned level, uint64_t index, struct hash hash)
{
    const struct subtree_row row = {.level = (int16_t)level, .index = index, .hash = hash};
    log_rows_put(arg, LOG_SUBTREE, &row);
}

void batch_append(struct batch *b, const struct message_row *row, struct slice text, struct submission *s)
{
    struct pending *p = ARENA_NEW(b->arena, struct pending);
    *p = (struct pending){.row = *row, .submission = s};
    p->row.position = b->frontier.size;
    p->row.received = b->now;
    p->row.entry = (struct slice){arena_copy(b->arena, text.p, text.n), text.n};
    p->row.leaf = log_leaf(p->row.entry);
    frontier_add(&b->frontier, p->row.leaf, keep_subtree, &b->rows);
    if (b->last == NULL)
        b->last = &b->first;
    *b->last = p;
    b->last = &p->next;
}

bool batch_has(const struct batch *b, struct hash digest)
{
    for (const struct pending *p = b->first; p != NULL; p = p->next)
        if (hash_equal(p->row.digest, digest))
            return true;
    return false;
}

uint64_t batch_proposals_of(const struct batch *b, struct address author, const char *space)
{
    uint64_t n = 0;
    for (const struct pending *p = b->first; p != NULL; p = p->next)
        n += p->row.kind == MESSAGE_PROPOSAL && address_equal(p->row.author, author) &&
             strcmp(p->row.space, space) == 0;
    return n;
}

void batch_ballot(struct batch *b, const struct stored_proposal *p, const char *choice, const char *replaced,
                  bool counts, struct amount power)
{
    bool added;
    struct touched *t = map_put(&b->touched, &p->row.id, &added);
    struct change *c = ARENA_NEW(b->arena, struct change);
    if (added)
        t->key = (struct count_key){.proposal = p->row.id,
                                    .type = (enum voting)p->row.type,
                                    .n_choices = (size_t)p->row.n_choices,
                                    .generation = b->facts->generation,
                                    .basis = p->basis};
    *c = (struct change){.choice = choice, .replaced = counts ? replaced : NULL, .counts = counts, .power = power};
    c->next = t->first;
    t->first = c;
}

/* ---- counting ---- */

static enum err count_one(struct batch *b, struct touched *t)
{
    struct counted *counted;
    struct change *in_order = NULL;
    struct tally_row row;
    enum err e = counts_get(b->door->counts, b->db, &t->key, b->facts->frontier.size, &counted);
    if (e == ERR_NEED || e == ERR_END)
        return OK; /* a reorg, a new generation, a restart: door_recount counts it, these ballots too */
    TRY(e);
    while (t->first != NULL) { /* they were put in front */
        struct change *c = t->first;
        t->first = c->next;
        c->next = in_order;
        in_order = c;
    }
    for (const struct change *c = in_order; c != NULL; c = c->next)
        TRY(counted_add(counted, c->choice, c->replaced, c->counts, c->power));
    counted->size = b->frontier.size;
    if (count_rankings(counted->count) > RANKINGS_AT_ONCE)
        return OK; /* scores would cost more than the batch: door_recount works them out now and then */
    TRY(counted_row(counted, b->now, b->arena, &row));
    log_rows_put(&b->rows, LOG_TALLY, &row);
    return OK;
}

/* ---- signing and writing ---- */

static struct receipt receipt_of(const struct batch *b, const struct message_row *row, struct hash root)
{
    return (struct receipt){.message = row->digest,
                            .position = row->position,
                            .size = b->frontier.size,
                            .root = root,
                            .time = row->received};
}

static enum err put_message(struct batch *b, struct pending *p, struct hash root)
{
    struct receipt receipt = receipt_of(b, &p->row, root);
    struct signature signature;
    TRY(signature_make(&b->door->keys->receipts, receipt_digest(b->facts->chain_id, &receipt), &signature));
    p->row.size = b->frontier.size;
    p->row.receipt = (struct slice){signature.b, sizeof signature.b};
    log_rows_put(&b->rows, LOG_MESSAGE, &p->row);
    if (p->submission != NULL) {
        p->submission->receipt = receipt;
        p->submission->signed_receipt = signature;
        p->submission->signer = b->door->keys->receipts_address;
    }
    return OK;
}

static void put_checkpoint(struct batch *b, struct hash root)
{
    const struct keys *keys = b->door->keys;
    AUTO_BUFFER note = {0};
    checkpoint_sign(&keys->note, &keys->log, b->frontier.size, root, &note);
    const struct checkpoint_row row = {.size = b->frontier.size,
                                       .root = root,
                                       .frontier = {b->frontier.all[0].b, b->frontier.n * sizeof(struct hash)},
                                       .received = b->now,
                                       .note = arena_text(b->arena, (const char *)note.p, note.n)};
    log_rows_put(&b->rows, LOG_CHECKPOINT, &row);
}

enum err batch_finish(struct batch *b)
{
    if (b->first == NULL)
        return OK;
    struct hash root = frontier_root(&b->frontier);
    for (struct pending *p = b->first; p != NULL; p = p->next)
        TRY(put_message(b, p, root));
    for (size_t i = 0; i < b->touched.n; i++)
        TRY(count_one(b, map_value_at(&b->touched, i)));
    put_checkpoint(b, root);
    return log_rows_copy(&b->rows, b->db);
}
