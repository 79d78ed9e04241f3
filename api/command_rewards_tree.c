/* api/command_rewards_tree.c - altledger rewards root|proof: of a distribution in the books, or of a file of leaves. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "api/command_rewards.h"
#include "api/rewards_claim.h"
#include "api/rewards_distribution.h"
#include "ledger/core/log.h"
#include "ledger/reward_leaves.h"

enum { TELL_EVERY_SECONDS = 2, PIECE = 65536, PROVED_LOOK = 1024 };

/* The tree that is asked about, and where it is from. */
struct asked {
    const struct command *command;
    struct reward_leaves leaves;
    struct arena arena;
    struct reward_tree tree;
    bool is_booked; /* else of a file */
    struct distribution distribution;
    bool has_root_index;
    uint32_t root_index; /* of the root on L1 that equals ours */
};

static void asked_done(struct asked *a)
{
    reward_leaves_done(&a->leaves);
    arena_done(&a->arena);
}

static bool is_time(time_t *told)
{
    time_t now = time(NULL);
    bool is = now - *told >= TELL_EVERY_SECONDS;
    if (is)
        *told = now;
    return is;
}

static void progress(void *told, size_t leaves)
{
    if (is_time(told))
        log_info("rewards", "%zu leaves read", leaves);
}

static enum err from_file(struct asked *a, const struct reward_leaves_watch *watch)
{
    const char *path = config_text(a->command->config, "leaves");
    TRY(reward_leaves_load(path, watch, &a->leaves));
    return a->leaves.n > 0 ? OK : err_with(ERR_FIELD, "%s: there is no leaf", path);
}

static enum err from_database(struct asked *a, const struct reward_leaves_watch *watch, struct db *db)
{
    struct distribution *d = &a->distribution;
    const char *id = config_text(a->command->config, "distribution");
    TRY(db_begin(db, "ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    TRY(distribution_find(db, "distribution", id, INT64_MAX, INT64_MAX, d));
    TRY(reward_leaves_read(db, d->distributor, d->position, watch, &a->leaves));
    a->is_booked = true;
    a->has_root_index = d->on_l1;
    a->root_index = d->root_index;
    if (!d->is_coordinator && config_given(a->command->config, "root-index"))
        return err_with(ERR_FIELD, "--root-index: %s distributes as a fee collector, which has no roots on L1", d->id);
    return a->leaves.n > 0 ? OK : err_with(ERR_CONFLICT, "the books have no leaf of distribution %s", d->id);
}

static enum err from_books(struct asked *a, const struct reward_leaves_watch *watch)
{
    struct session session;
    struct db *db = NULL;
    TRY(session_open(a->command->config, SESSION_READS, &session));
    enum err e = session_read(&session, "altledger rewards", &db);
    if (e == OK) {
        e = from_database(a, watch, db);
        db_close(db);
    }
    session_close(&session);
    return e;
}

/* What was booked must come out again. */
static enum err check_booked(const struct asked *a)
{
    char ours[HASH_TEXT + 1], booked[HASH_TEXT + 1];
    if (!a->is_booked || hash_equal(a->tree.root, a->distribution.root))
        return OK;
    hash_format(a->tree.root, ours);
    hash_format(a->distribution.root, booked);
    return err_with(ERR_CONFLICT, "the root of the books is %s, the one booked for distribution %s is %s", ours,
                    a->distribution.id, booked);
}

static enum err build(struct asked *a)
{
    time_t told = time(NULL);
    const struct config *config = a->command->config;
    const struct reward_leaves_watch watch = {progress, &told, a->command->stop};
    TRY(config_text(config, "leaves") != NULL ? from_file(a, &watch) : from_books(a, &watch));
    if (config_given(config, "root-index")) {
        a->has_root_index = true;
        a->root_index = (uint32_t)config_number(config, "root-index");
    }
    TRY(reward_tree_build(a->leaves.p, a->leaves.n, (unsigned)config_number(config, "threads"), &a->arena, &a->tree));
    return check_booked(a);
}

static enum status status_of(const struct command *c, enum err e)
{
    if (e == ERR_FIELD &&
        config_text(c->config, "leaves") == NULL) /* --distribution, --root-index; else it is the file's fault */
        return command_misused(c, err_detail());
    return e == OK ? STATUS_OK : e == ERR_STOPPED ? STATUS_FAILED : command_failed(c, e);
}

/* ---- root ---- */

static void print_lines(const struct asked *a)
{
    char root[HASH_TEXT + 1];
    hash_format(a->tree.root, root);
    if (a->is_booked)
        printf("distribution  %s\n", a->distribution.id);
    printf("root          %s\nearners       %zu\nleaves        %zu\n", root, a->tree.n_earners, a->tree.n_leaves);
}

/* Members that root and proof begin with. */
static void write_begin(const struct asked *a, struct json_writer *w)
{
    jw_object(w);
    if (a->is_booked) {
        jw_key(w, "distribution");
        jw_text(w, a->distribution.id);
    }
    jw_key(w, "root");
    jw_hash(w, a->tree.root);
}

static void print_json(const struct asked *a)
{
    AUTO_BUFFER out = {0};
    struct json_writer w;
    jw_start(&w, &out);
    write_begin(a, &w);
    jw_key(&w, "earners");
    jw_u64(&w, a->tree.n_earners);
    jw_key(&w, "leaves");
    jw_u64(&w, a->tree.n_leaves);
    jw_object_end(&w);
    printf("%.*s\n", (int)out.n, (const char *)out.p);
}

enum status rewards_root(const struct command *c)
{
    struct asked a = {.command = c};
    enum err e = build(&a);
    if (e == OK)
        (config_flag(c->config, "json") ? print_json : print_lines)(&a);
    asked_done(&a);
    return status_of(c, e);
}

/* ---- proof ---- */

/* Of whom and what proofs are wanted. */
struct wanted {
    bool has_earner, has_token, has_recipient;
    struct address earner, token, recipient;
};

static enum err read_address(const struct config *config, const char *name, bool *has, struct address *out)
{
    const char *text = config_text(config, name);
    *has = text != NULL;
    if (*has && address_parse(text, strlen(text), out) != OK)
        return err_with(ERR_FIELD, "--%s must be an address", name);
    return OK;
}

static enum err read_wanted(const struct config *config, struct wanted *out)
{
    TRY(read_address(config, "earner", &out->has_earner, &out->earner));
    TRY(read_address(config, "token", &out->has_token, &out->token));
    return read_address(config, "recipient", &out->has_recipient, &out->recipient);
}

static void write_why_not(const struct asked *a, struct json_writer *w)
{
    if (a->has_root_index)
        return;
    jw_key(w, "why_no_calldata");
    jw_text(w, a->is_booked ? distribution_why_not(&a->distribution) : "of a file it needs --root-index");
}

/* A line of JSON. */
static enum err prove(const struct asked *a, const struct wanted *wanted, struct address earner, struct arena *arena,
                      struct buffer *out)
{
    struct reward_proof proof;
    struct json_writer w;
    TRY(reward_tree_prove(&a->tree, earner, wanted->has_token ? &wanted->token : NULL, arena, &proof));
    const struct claim claim = {.root_index = a->has_root_index ? &a->root_index : NULL,
                                .earner = earner,
                                .recipient = wanted->has_recipient ? wanted->recipient : earner,
                                .proof = &proof};
    jw_start(&w, out);
    write_begin(a, &w);
    claim_write(&w, &claim, arena);
    write_why_not(a, &w);
    jw_object_end(&w);
    buffer_u8(out, '\n');
    return OK;
}

static enum err print(struct buffer *out, size_t least)
{
    if (out->n >= least && fwrite(out->p, 1, out->n, stdout) != out->n)
        return err_with(ERR_IO, "the proofs cannot be written");
    if (out->n >= least)
        buffer_reset(out);
    return OK;
}

/* Who has nothing of the token that is asked for has no line. */
static enum err prove_all(const struct asked *a, const struct wanted *wanted, struct buffer *out)
{
    AUTO_ARENA arena = {0};
    time_t told = time(NULL);
    for (size_t i = 0; i < a->tree.n_earners; i++) {
        if (atomic_load(a->command->stop))
            return ERR_STOPPED;
        if (i % PROVED_LOOK == 0 && is_time(&told))
            log_info("rewards", "%zu of %zu proofs", i, a->tree.n_earners);
        arena_reset(&arena);
        enum err e = prove(a, wanted, a->tree.leaves[a->tree.first[i]].earner, &arena, out);
        if (e != OK && e != ERR_NOT_FOUND)
            return e;
        TRY(print(out, PIECE));
    }
    return OK;
}

static enum err prove_one(const struct asked *a, const struct wanted *wanted, struct buffer *out)
{
    AUTO_ARENA arena = {0};
    enum err e = prove(a, wanted, wanted->earner, &arena, out);
    return e == ERR_NOT_FOUND ? err_with(e, "this earner has earned nothing of that") : e;
}

enum status rewards_proof(const struct command *c)
{
    struct asked a = {.command = c};
    struct wanted wanted = {.has_earner = false};
    AUTO_BUFFER out = {0};
    if (read_wanted(c->config, &wanted) != OK)
        return command_misused(c, err_detail());
    enum err e = build(&a);
    if (e == OK)
        e = wanted.has_earner ? prove_one(&a, &wanted, &out) : prove_all(&a, &wanted, &out);
    if (e == OK)
        e = print(&out, 0);
    if (e == OK && fflush(stdout) != 0)
        e = err_with(ERR_IO, "the proofs cannot be written");
    asked_done(&a);
    return status_of(c, e);
}
