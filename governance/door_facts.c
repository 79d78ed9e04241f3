/* governance/door_facts.c - see door_facts.h. */
#include "governance/door_facts.h"

#include <string.h>

#include "ledger/timeline.h"

void facts_init(struct facts *f)
{
    *f = (struct facts){.generation = 0};
    map_init(&f->known, sizeof(struct hash), sizeof(struct known_message));
    map_init(&f->proposals, sizeof(struct hash), sizeof(struct stored_proposal));
    map_init(&f->voters, sizeof(struct voter_key), sizeof(struct stored_voter));
    map_init(&f->aliases, sizeof(struct alias_key), sizeof(struct instant));
}

void facts_done(struct facts *f)
{
    map_done(&f->known);
    map_done(&f->proposals);
    map_done(&f->voters);
    map_done(&f->aliases);
    arena_done(&f->arena);
}

enum err facts_read_end(struct facts *f, struct db *db)
{
    enum { GENERATION, CHAIN_ID, NETWORK, HEAD, FIRST, SIZE, FRONTIER, RECEIVED };
    AUTO_ROWS rows = NULL;
    TRY(db_query(db,
                 "SELECT c.generation, c.chain_id, c.network_hash, c.head_number,"
                 " (SELECT h.number FROM mirror.chain h ORDER BY h.number LIMIT 1), k.size, k.frontier, k.received"
                 " FROM mirror.cursor c LEFT JOIN LATERAL (SELECT x.size, x.frontier, x.received"
                 "   FROM governance.checkpoint x ORDER BY x.size DESC LIMIT 1) k ON true",
                 WITH_NOTHING, &rows));
    if (rows_count(rows) == 0)
        return err_with(ERR_SYNCING, "nothing is mirrored yet");
    f->generation = (int32_t)rows_i64(rows, 0, GENERATION);
    f->has_network = !rows_null(rows, 0, NETWORK);
    if (!rows_null(rows, 0, CHAIN_ID))
        f->chain_id = rows_u64(rows, 0, CHAIN_ID);
    if (f->has_network)
        f->network = rows_hash(rows, 0, NETWORK);
    f->chain.any = !rows_null(rows, 0, HEAD) && !rows_null(rows, 0, FIRST);
    if (f->chain.any) {
        f->chain.head = rows_u64(rows, 0, HEAD);
        f->chain.first = rows_u64(rows, 0, FIRST);
    }
    if (rows_null(rows, 0, SIZE))
        return OK;
    f->received = rows_time(rows, 0, RECEIVED);
    enum err e = frontier_read(rows_u64(rows, 0, SIZE), rows_bytes(rows, 0, FRONTIER), &f->frontier);
    return e == ERR_FIELD ? err_with(ERR_INTERNAL, "the log's last checkpoint is damaged") : e;
}

/* Each LATERAL has a LIMIT, so that its rows are looked up one by one, whatever a plan that was made on empty tables thinks of joins. */

/* ---- messages that are in the log already ---- */

static enum err read_known(struct facts *f, struct db *db, const struct submission *all, size_t n)
{
    enum { DIGEST, POSITION, RECEIVED, SIZE, RECEIPT, ROOT };
    AUTO_BUFFER digests = {0};
    AUTO_ROWS rows = NULL;
    array_text_begin(&digests);
    for (size_t i = 0; i < n; i++)
        array_text_value(&digests, T_HASH, &all[i].message.digest);
    TRY(db_query(db,
                 "SELECT m.digest, m.position, m.received, m.size, m.receipt, c.root"
                 " FROM unnest($1::text::bytea[]) AS k (digest)"
                 " CROSS JOIN LATERAL (SELECT x.* FROM governance.message x WHERE x.digest = k.digest LIMIT 1) m"
                 " CROSS JOIN LATERAL (SELECT x.root FROM governance.checkpoint x WHERE x.size = m.size LIMIT 1) c",
                 WITH(IN(array_text_end(&digests))), &rows));
    for (size_t i = 0; i < rows_count(rows); i++) {
        struct hash digest = rows_hash(rows, i, DIGEST);
        struct known_message *known = map_put(&f->known, &digest, NULL);
        struct slice signature = rows_bytes(rows, i, RECEIPT);
        known->receipt = (struct receipt){.message = digest,
                                          .position = rows_u64(rows, i, POSITION),
                                          .size = rows_u64(rows, i, SIZE),
                                          .root = rows_hash(rows, i, ROOT),
                                          .time = rows_time(rows, i, RECEIVED)};
        memcpy(known->signature.b, signature.p, SIGNATURE_BYTES);
    }
    return OK;
}

/* ---- proposals ---- */

static bool is_about_proposal(const struct message *m)
{
    return m->kind == MESSAGE_VOTE || m->kind == MESSAGE_UPDATE || m->kind == MESSAGE_CANCEL;
}

static enum err parse_space(struct facts *f, const char *text, struct space *out)
{
    AUTO_JSON json = NULL;
    enum err e = json_parse(text, strlen(text), JSON_DEPTH_MAX, &json);
    if (e == OK)
        e = space_parse("space", json, &f->arena, out);
    return e == OK ? OK : err_with(ERR_INTERNAL, "the stored parameters of a space are damaged: %s", text);
}

static enum err read_proposals(struct facts *f, struct db *db, const struct submission *all, size_t n)
{
    AUTO_BUFFER ids = {0};
    AUTO_ROWS rows = NULL;
    size_t asked = 0;
    struct map seen;
    map_init(&seen, sizeof(struct hash), sizeof(bool));
    array_text_begin(&ids);
    for (size_t i = 0; i < n; i++) {
        bool added = false;
        if (is_about_proposal(&all[i].message))
            map_put(&seen, &all[i].message.proposal, &added);
        if (added)
            array_text_value(&ids, T_HASH, &all[i].message.proposal);
        asked += added;
    }
    map_done(&seen);
    if (asked == 0)
        return OK;
    TRY(db_query(db,
                 "SELECT p.*, EXISTS (SELECT FROM governance.cancellation x WHERE x.proposal = p.id),"
                 " api_v1.basis_of(p.snapshot), s.parameters,"
                 " EXISTS (SELECT FROM governance.ballot b WHERE b.proposal = p.id)"
                 " FROM unnest($1::text::bytea[]) AS k (id)"
                 " CROSS JOIN LATERAL (SELECT v.* FROM governance.proposal v WHERE v.id = k.id"
                 "   ORDER BY v.version DESC LIMIT 1) p"
                 " JOIN governance.space s ON s.id = p.space AND s.position = p.parameters",
                 WITH(IN(array_text_end(&ids))), &rows));
    size_t column = log_records[LOG_PROPOSAL]->n;
    for (size_t i = 0; i < rows_count(rows); i++) {
        struct proposal_row row;
        rows_read(rows, i, log_records[LOG_PROPOSAL], &f->arena, &row);
        struct stored_proposal *p = map_put(&f->proposals, &row.id, NULL);
        p->row = row;
        p->canceled = rows_bool(rows, i, column);
        p->has_basis = !rows_null(rows, i, column + 1);
        if (p->has_basis)
            p->basis = rows_hash(rows, i, column + 1);
        TRY(parse_space(f, rows_text(rows, i, column + 2), &p->space));
        p->voted = rows_bool(rows, i, column + 3);
    }
    return OK;
}

/* ---- voters ---- */

struct voter_texts {
    struct buffer proposals, voters, bases;
};

static void ask_voter(struct facts *f, struct voter_texts *t, const struct message *m)
{
    const struct stored_proposal *p = map_get(&f->proposals, &m->proposal);
    struct voter_key key = {m->proposal, m->author};
    bool added = false;
    if (m->kind != MESSAGE_VOTE || p == NULL)
        return;
    map_put(&f->voters, &key, &added);
    if (!added)
        return;
    struct slice basis = {p->basis.b, p->has_basis ? sizeof p->basis : 0};
    array_text_value(&t->proposals, T_HASH, &key.proposal);
    array_text_value(&t->voters, T_ADDRESS, &key.voter);
    array_text_value(&t->bases, T_BYTES, &basis);
}

static enum err read_voter_rows(struct facts *f, struct db *db, struct voter_texts *t)
{
    enum { PROPOSAL, VOTER, BALLOTS, POSITION, STAMP, CHOICE, POWER };
    AUTO_ROWS rows = NULL;
    TRY(db_query(db,
                 "SELECT k.proposal, k.voter, (SELECT count(*) FROM governance.ballot b WHERE b.proposal = k.proposal"
                 "   AND b.voter = k.voter), c.position, c.stamp, c.choice, w.power"
                 " FROM unnest($1::text::bytea[], $2::text::bytea[], $3::text::bytea[]) AS k (proposal, voter, basis)"
                 " LEFT JOIN LATERAL (SELECT b.position, b.stamp, b.choice FROM governance.ballot b"
                 "   WHERE b.proposal = k.proposal AND b.voter = k.voter AND b.counts"
                 "   ORDER BY b.position DESC LIMIT 1) c ON true"
                 " LEFT JOIN LATERAL (SELECT x.power FROM governance.power x WHERE x.proposal = k.proposal"
                 "   AND x.voter = k.voter AND x.generation = $4 AND x.block = k.basis LIMIT 1) w ON true",
                 WITH(IN(array_text_end(&t->proposals)), IN(array_text_end(&t->voters)), IN(array_text_end(&t->bases)),
                      IN(&f->generation)),
                 &rows));
    for (size_t i = 0; i < rows_count(rows); i++) {
        struct voter_key key = {rows_hash(rows, i, PROPOSAL), rows_address(rows, i, VOTER)};
        struct stored_voter *v = map_put(&f->voters, &key, NULL);
        v->ballots = rows_u64(rows, i, BALLOTS);
        v->voted = !rows_null(rows, i, POSITION);
        if (v->voted) {
            const char *choice = rows_text(rows, i, CHOICE);
            v->position = rows_u64(rows, i, POSITION);
            v->stamp = rows_time(rows, i, STAMP);
            v->choice = arena_text(&f->arena, choice, strlen(choice));
        }
        v->has_power = !rows_null(rows, i, POWER);
        if (v->has_power)
            v->power = rows_amount(rows, i, POWER);
    }
    return OK;
}

static enum err read_voters(struct facts *f, struct db *db, const struct submission *all, size_t n)
{
    struct voter_texts t = {{0}, {0}, {0}};
    array_text_begin(&t.proposals);
    array_text_begin(&t.voters);
    array_text_begin(&t.bases);
    for (size_t i = 0; i < n; i++)
        ask_voter(f, &t, &all[i].message);
    enum err e = f->voters.n > 0 ? read_voter_rows(f, db, &t) : OK;
    buffer_done(&t.proposals);
    buffer_done(&t.voters);
    buffer_done(&t.bases);
    return e;
}

/* ---- power ---- */

enum err facts_power(struct db *db, const char *space, int32_t policy, uint64_t snapshot, const struct address *owners,
                     size_t n, struct amount *power, bool *known)
{
    AUTO_BUFFER texts = {0};
    AUTO_ROWS rows = NULL;
    struct hash id;
    struct param registry = {T_HASH, space_registry_id(space, &id) ? &id : NULL};
    uint64_t until = snapshot << 32 | UINT32_MAX;
    struct map index;
    map_init(&index, sizeof(struct address), sizeof(size_t));
    array_text_begin(&texts);
    for (size_t i = 0; i < n; i++) {
        array_text_value(&texts, T_ADDRESS, &owners[i]);
        *(size_t *)map_put(&index, &owners[i], NULL) = i;
        known[i] = false;
    }
    enum err e =
        db_query(db, "SELECT p.owner, p.power::public.amount FROM api_v1.power_of($1::text::bytea[], $2, $3, $4) p",
                 WITH(IN(array_text_end(&texts)), registry, IN(&policy), IN(&until)), &rows);
    for (size_t i = 0; e == OK && i < rows_count(rows); i++) {
        struct address owner = rows_address(rows, i, 0);
        const size_t *at = map_get(&index, &owner);
        if (at == NULL || rows_null(rows, i, 1))
            continue;
        known[*at] = true;
        power[*at] = rows_amount(rows, i, 1);
    }
    map_done(&index);
    return e;
}

static void note_power(struct facts *f, const struct stored_proposal *p, const struct voter_key *key,
                       struct amount power, struct log_rows *rows)
{
    struct stored_voter *v = map_get(&f->voters, key);
    v->has_power = true;
    v->power = power;
    if (amount_is_zero(power))
        return; /* whoever has none leaves no row */
    const struct power_row row = {.proposal = key->proposal,
                                  .voter = key->voter,
                                  .generation = f->generation,
                                  .block = p->basis,
                                  .power = power};
    log_rows_put(rows, LOG_POWER, &row);
}

static enum err read_power_of(struct facts *f, struct db *db, const struct stored_proposal *p, struct log_rows *rows)
{
    AUTO_ARENA arena = {0};
    struct address *owners = ARENA_ARRAY(&arena, struct address, f->voters.n);
    size_t n = 0;
    for (size_t i = 0; i < f->voters.n; i++) {
        const struct voter_key *key = map_key_at(&f->voters, i);
        const struct stored_voter *v = map_value_at(&f->voters, i);
        if (!v->has_power && hash_equal(key->proposal, p->row.id))
            owners[n++] = key->voter;
    }
    if (n == 0 || !p->has_basis)
        return OK;
    struct amount *power = ARENA_ARRAY(&arena, struct amount, n);
    bool *known = ARENA_ARRAY(&arena, bool, n);
    TRY(facts_power(db, p->row.space, p->row.policy, p->row.snapshot, owners, n, power, known));
    for (size_t i = 0; i < n; i++) {
        struct voter_key key = {p->row.id, owners[i]};
        if (known[i])
            note_power(f, p, &key, power[i], rows);
    }
    return OK;
}

/* ---- aliases ---- */

static enum err read_aliases(struct facts *f, struct db *db, const struct submission *all, size_t n)
{
    AUTO_ROWS rows = NULL;
    AUTO_BUFFER owners = {0};
    AUTO_BUFFER aliases = {0};
    size_t asked = 0;
    array_text_begin(&owners);
    array_text_begin(&aliases);
    for (size_t i = 0; i < n; i++) {
        if (!all[i].by_alias)
            continue;
        array_text_value(&owners, T_ADDRESS, &all[i].message.author);
        array_text_value(&aliases, T_ADDRESS, &all[i].message.address);
        asked++;
    }
    if (asked == 0)
        return OK;
    TRY(db_query(
        db,
        "SELECT k.owner, k.alias, a.received FROM unnest($1::text::bytea[], $2::text::bytea[]) AS k (owner, alias)"
        " CROSS JOIN LATERAL (SELECT x.received FROM governance.alias x WHERE x.owner = k.owner"
        "   AND x.alias = k.alias AND x.position > coalesce((SELECT max(z.position) FROM governance.alias z"
        "     WHERE z.owner = k.owner AND z.alias = '\\x0000000000000000000000000000000000000000'), -1)"
        "   ORDER BY x.position DESC LIMIT 1) a",
        WITH(IN(array_text_end(&owners)), IN(array_text_end(&aliases))), &rows));
    for (size_t i = 0; i < rows_count(rows); i++) {
        struct alias_key key = {rows_address(rows, i, 0), rows_address(rows, i, 1)};
        *(struct instant *)map_put(&f->aliases, &key, NULL) = rows_time(rows, i, 2);
    }
    return OK;
}

void facts_alias(struct facts *f, const struct alias_row *row)
{
    const struct alias_key named = {row->owner, row->alias};
    if (!address_is_zero(row->alias)) {
        *(struct instant *)map_put(&f->aliases, &named, NULL) = row->received;
        return;
    }
    for (size_t i = 0; i < f->aliases.n; i++) {
        const struct alias_key *key = map_key_at(&f->aliases, i);
        if (address_equal(key->owner, row->owner))
            *(struct instant *)map_value_at(&f->aliases, i) = (struct instant){0};
    }
}

enum err facts_read(struct facts *f, struct db *db, const struct submission *all, size_t n, struct log_rows *rows)
{
    TRY(read_known(f, db, all, n));
    TRY(read_proposals(f, db, all, n));
    TRY(read_voters(f, db, all, n));
    for (size_t i = 0; i < f->proposals.n; i++)
        TRY(read_power_of(f, db, map_value_at(&f->proposals, i), rows));
    return read_aliases(f, db, all, n);
}

/* ---- of proposals that are made ---- */

enum err facts_space(struct facts *f, struct db *db, const char *id, uint64_t snapshot, struct space *out,
                     uint64_t *position)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(db,
                 "SELECT s.position, s.parameters FROM (SELECT (SELECT b.time FROM mirror.chain h JOIN mirror.block b"
                 "   ON b.id = h.block WHERE h.number <= $2 ORDER BY h.number DESC LIMIT 1) AS time OFFSET 0) t"
                 " JOIN governance.space s ON s.id = $1 ORDER BY s.effective <= t.time DESC NULLS LAST,"
                 "  CASE WHEN s.effective <= t.time THEN -s.position ELSE s.position END LIMIT 1",
                 WITH(IN(id), IN(&snapshot)), &rows));
    if (rows_count(rows) == 0)
        return err_with(ERR_NOT_FOUND, "the log has no parameters of space %s", id);
    *position = rows_u64(rows, 0, 0);
    return parse_space(f, rows_text(rows, 0, 1), out);
}

enum err facts_proposals_since(struct db *db, struct address author, const char *space, struct instant since,
                               uint64_t *out)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(db,
                 "SELECT count(*) FROM governance.proposal p WHERE p.author = $1 AND p.space = $2 AND p.version = 1"
                 " AND p.received > $3",
                 WITH(IN(&author), IN(space), IN(&since)), &rows));
    *out = rows_u64(rows, 0, 0);
    return OK;
}
