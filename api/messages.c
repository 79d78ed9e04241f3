/* api/messages.c - the door for signed messages over HTTP; see messages.h. */
#include "api/messages.h"

#include <stdio.h>
#include <string.h>

#include "api/render.h"
#include "api/routes.h"
#include "api/service.h"
#include "api/workers.h"
#include "governance/door.h"
#include "ledger/core/log.h"

enum { TAKE_ATTEMPTS = 6, RETRY_MICROSECONDS = 50000 };

/* ---- opening ---- */

enum err messages_open(struct service *v)
{
    if (v->options.ballots_database == NULL)
        return OK;
    struct keys *keys = memory_resize(NULL, sizeof *keys);
    enum err e = keys_open(v->options.keys, v->options.origin, keys);
    if (e != OK) {
        memory_free(keys);
        if (v->options.keys_wanted)
            return e;
        log_warn("api", "signed messages are not taken: %s", err_detail());
        return OK;
    }
    v->keys = keys;
    v->door = door_open(keys);
    return OK;
}

void messages_close(struct service *v)
{
    door_close(v->door);
    if (v->keys == NULL)
        return;
    keys_done(v->keys);
    memory_free(v->keys);
}

/* ---- answers ---- */

static void answer_refused(struct exchange *x, const struct submission *s)
{
    struct reply reply = {.status = 0};
    err_with(s->err, "%s", s->detail);
    if (s->err != ERR_RULE) {
        exchange_refuse(x, s->err);
        exchange_wake(x);
        return;
    }
    for (size_t i = 0; i < s->reasons.n; i++)
        reply_reason(&reply, reason_slug(s->reasons.all[i].code), s->reasons.all[i].text);
    exchange_refuse_by_rule(x, &reply.reasons);
    buffer_done(&reply.reasons);
    exchange_wake(x);
}

static void answer_taken(struct exchange *x, const struct submission *s)
{
    struct reply reply = {.status = 0};
    struct json_writer *w = &reply.json;
    char id[HASH_TEXT + 1], url[HASH_TEXT + 32];
    hash_format(s->message.digest, id);
    snprintf(url, sizeof url, "/v1/receipts/%s", id);
    jw_start(w, &reply.body);
    jw_object(w);
    jw_key(w, "id");
    jw_text(w, id);
    jw_key(w, "ipfs");
    jw_text(w, id);
    jw_key(w, "kind");
    jw_text(w, message_kind_name(s->message.kind));
    jw_key(w, "relayer");
    jw_object(w);
    jw_key(w, "address");
    jw_address(w, s->signer);
    jw_key(w, "receipt");
    jw_hex(w, (struct slice){s->signed_receipt.b, sizeof s->signed_receipt.b});
    jw_object_end(w);
    jw_key(w, "receipt");
    receipt_write(w, s->chain_id, &s->receipt);
    jw_key(w, "receipt_url");
    jw_text(w, url);
    jw_key(w, "log_size");
    jw_u64(w, s->receipt.size);
    jw_object_end(w);
    exchange_reply(x, &reply);
    buffer_done(&reply.body);
    exchange_wake(x);
}

static void answer(struct exchange *x, const struct submission *s)
{
    if (s->err == OK)
        answer_taken(x, s);
    else
        answer_refused(x, s);
}

static void fail(struct submission *s, enum err e)
{
    s->err = e;
    snprintf(s->detail, sizeof s->detail, "%s", err_detail());
}

static void refuse_by_rule(struct submission *s)
{
    fail(s, err_with(ERR_RULE, "%s", s->reasons.all[0].text));
}

/* ---- before the door ---- */

static void refuse_signer(struct submission *s, struct address signer)
{
    char text[ADDRESS_TEXT + 1];
    address_format(signer, text);
    reason_add(&s->reasons, REASON_SIGNER, "%s", address_is_zero(signer) ? "" : text);
    refuse_by_rule(s);
}

static bool has_node(const struct service *s)
{
    return s->options.n_rpc_urls > 0;
}

static enum err parse(struct exchange *x, struct arena *arena, struct submission *s)
{
    *s = (struct submission){.err = OK};
    enum err e = message_parse((const char *)x->body.p, x->body.n, arena, &s->message);
    if (e != OK && strncmp(err_detail(), "JSON", 4) == 0) { /* otherwise it names a member */
        const char *detail = arena_text(arena, err_detail(), strlen(err_detail()));
        return err_with(e, "body: %s", detail);
    }
    TRY(e);
    s->by_alias = !address_equal(s->message.address, s->message.author);
    return OK;
}

/* Whether the door may decide on it: parsed, and signed by a key. *wallet: perhaps a contract wallet signed. */
static bool read_one(struct exchange *x, struct arena *arena, struct submission *s, bool *wallet)
{
    struct address signer = address_zero;
    *wallet = false;
    enum err e = parse(x, arena, s);
    if (e == OK) {
        e = message_check_signature(&s->message, &signer);
        *wallet = e != OK && has_node(x->service);
    }
    if (e == OK)
        return true;
    if (e == ERR_RULE)
        refuse_signer(s, signer);
    else
        fail(s, e);
    return false;
}

/* ---- through the door ---- */

static bool passes(enum err e)
{
    return e == ERR_RETRY || e == ERR_DB_LOST || e == ERR_COMMIT_UNKNOWN;
}

/* What has been appended by an attempt whose COMMIT was not answered is known to the next one, and gets its receipt. */
static void take(struct runner *r, struct submission *all, size_t n, struct arena *arena)
{
    enum err e = ERR_DB_LOST;
    for (int i = 0; i < TAKE_ATTEMPTS && n > 0; i++) {
        for (size_t k = 0; k < n; k++)
            all[k].err = OK;
        e = runner_connect(r);
        if (e == OK)
            e = door_take(r->service->door, r->db, all, n, arena);
        if (!passes(e) || atomic_load(&r->service->stopping))
            break;
        nanosleep(&(struct timespec){.tv_nsec = RETRY_MICROSECONDS * 1000L}, NULL);
    }
    runner_heard(r, false);
    for (size_t k = 0; k < n && e != OK; k++)
        fail(&all[k], e);
}

static enum err check_open(const struct service *s)
{
    return s->door != NULL ? OK : err_with(ERR_DB_LOST, "this server takes no signed messages");
}

void messages_answer(struct runner *r, struct exchange **xs, size_t n)
{
    AUTO_ARENA arena = {0};
    struct submission *all = ARENA_ARRAY(&arena, struct submission, n);
    struct exchange **of = ARENA_ARRAY(&arena, struct exchange *, n);
    size_t taken = 0;
    enum err open = check_open(r->service);
    for (size_t i = 0; i < n; i++) {
        struct submission *s = &all[taken];
        bool wallet = false, usable = false;
        if (open == OK)
            usable = read_one(xs[i], &arena, s, &wallet);
        else
            fail(s, open);
        if (usable) {
            of[taken++] = xs[i];
            continue;
        }
        if (!wallet || !workers_hand_over_wallet(r->service->workers, xs[i]))
            answer_refused(xs[i], s);
        message_done(&s->message);
    }
    take(r, all, taken, &arena);
    for (size_t i = 0; i < taken; i++) {
        answer(of[i], &all[i]);
        message_done(&all[i].message);
    }
}

/* ---- contract wallets ---- */

static enum err head_of(struct runner *r, struct evidence *out)
{
    AUTO_ROWS rows = NULL;
    TRY(runner_connect(r));
    TRY(db_query(r->db, "SELECT c.head_hash, c.head_number FROM mirror.cursor c WHERE c.head_hash IS NOT NULL",
                 WITH_NOTHING, &rows));
    if (rows_count(rows) == 0)
        return err_with(ERR_SYNCING, "nothing is mirrored yet");
    out->block_hash = rows_hash(rows, 0, 0);
    out->block_number = rows_u64(rows, 0, 1);
    return OK;
}

/* "Unknown, try again": neither yes nor no. */
static enum err cannot_tell(enum err e)
{
    char why[160];
    if (e == ERR_SYNCING || e == ERR_DB_LOST || e == ERR_RETRY)
        return e;
    snprintf(why, sizeof why, "%s", err_detail());
    return err_with(ERR_SYNCING, "the Ethereum node cannot tell now whether the wallet signed this: try again (%s)",
                    why);
}

/* Ask for the code of the address, then for its word on the signature. */
static enum err ask_wallet(struct runner *r, struct submission *s, struct address signer, struct arena *arena)
{
    const struct message *m = &s->message;
    const struct server_options *o = &r->service->options;
    AUTO_BUFFER calldata = {0};
    struct slice code, returned;
    TRY(head_of(r, &s->evidence));
    if (r->asker == NULL)
        TRY(asker_open(o->rpc_urls, o->n_rpc_urls, o->rpc_timeout_ms, &r->asker));
    TRY(asker_call(r->asker, s->evidence.block_hash, m->address, (struct slice){NULL, 0}, arena, &code));
    if (code.n == 0) {
        refuse_signer(s, signer);
        return ERR_RULE;
    }
    erc1271_calldata(m->digest, m->signature, &calldata);
    enum err e = asker_call(r->asker, s->evidence.block_hash, m->address, (struct slice){calldata.p, calldata.n}, arena,
                            &returned);
    if (e == ERR_NOT_FOUND || (e == OK && !erc1271_accepts(returned))) {
        reason_add(&s->reasons, REASON_CONTRACT_SIGNATURE, "block %llu", (unsigned long long)s->evidence.block_number);
        refuse_by_rule(s);
        return ERR_RULE;
    }
    TRY(e);
    s->evidence.given = true;
    s->evidence.returned = returned;
    return OK;
}

/* What is in the log with this signature was checked when it came, whatever the wallet says now: the door gives its receipt again. */
static bool is_known(struct runner *r, const struct message *m)
{
    AUTO_ROWS rows = NULL;
    const char *sig = json_string_value(json_object_get(m->envelope, "sig"));
    return runner_connect(r) == OK &&
           db_query(r->db,
                    "SELECT true FROM governance.message m WHERE m.digest = $1"
                    " AND strpos(convert_from(m.entry, 'UTF8'), '\"sig\":\"' || $2 || '\"') > 0",
                    WITH(IN(&m->digest), IN(sig)), &rows) == OK &&
           rows_count(rows) > 0;
}

/* The refusal stands unless a contract wallet accepts. */
static bool wallet_accepts(struct runner *r, struct submission *s, struct arena *arena)
{
    struct address signer = address_zero;
    struct submission refused = *s;
    s->reasons.n = 0;
    s->err = OK;
    if (is_known(r, &s->message))
        return true;
    enum err form = message_check_signature(&s->message, &signer);
    enum err e = ask_wallet(r, s, signer, arena);
    bool no_contract = e == ERR_RULE && s->reasons.all[0].code == REASON_SIGNER;
    if (no_contract && form == ERR_FIELD)
        *s = refused; /* malformed, for whom only a key could have signed */
    else if (e != OK && e != ERR_RULE)
        fail(s, cannot_tell(e));
    return e == OK;
}

void messages_answer_wallet(struct runner *r, struct exchange *x)
{
    AUTO_ARENA arena = {0};
    struct submission s;
    bool wallet;
    runner_work_for(r, x);
    bool usable = read_one(x, &arena, &s, &wallet) || (wallet && wallet_accepts(r, &s, &arena));
    if (usable)
        take(r, &s, 1, &arena);
    runner_heard(r, false);
    runner_work_for(r, NULL);
    answer(x, &s);
    message_done(&s.message);
}

/* ---- the route ---- */

static const struct member envelope_members[] =
    {{.name = "address", .type = T_ADDRESS, .about = "Who signed: a key's address, or a contract wallet."},
     {.name = "sig", .type = T_TEXT, .max = 2 + 2 * SIGNATURE_BYTES_MAX, .about = "The signature, 0x hex."},
     {.name = "data", .nest = NEST_ANY, .about = "The typed data that was signed (EIP-712): {domain, types, message}."},
     {0}};

static const struct member relayer_members[] =
    {{.name = "address", .type = T_ADDRESS, .about = "Whose key signs receipts."},
     {.name = "receipt", .type = T_BYTES, .about = "The signature of the receipt."},
     {0}};

const struct route messages_routes[] =
    {{.method = "POST",
      .path = "/v1/messages",
      .about = "The one door for signed messages: proposals, updates, cancellations, votes, aliases, in the envelope "
               "that snapshot.js sends.",
      .shape = SHAPE_OBJECT,
      .cache = CACHE_NEVER,
      .body = envelope_members,
      .signed_message = true,
      .members = MEMBERS(
          {.name = "id", .type = T_HASH, .about = "The message's EIP-712 digest; of a proposal its id."},
          {.name = "ipfs", .type = T_HASH, .about = "The same, for snapshot.js."},
          {.name = "kind", .type = T_TEXT, .about = "proposal, update-proposal, cancel-proposal, vote or alias."},
          {.name = "relayer", .nest = NEST_OBJECT, .members = relayer_members, .about = "As snapshot.js expects it."},
          {.name = "receipt",
           .nest = NEST_ANY,
           .about = "By which this service binds itself: the typed data {domain, types, primaryType, message} that "
                    "relayer.receipt signs. Message: {message, position, size, root, time}."},
          {.name = "receipt_url", .type = T_TEXT, .about = "Where the receipt is, with its proof of inclusion."},
          {.name = "log_size", .type = T_U64, .about = "Size of the log that this answer speaks of."})},
     {0}};
