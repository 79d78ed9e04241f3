/* api/command_rewards_tree.c - altledger rewards root|proof: of a distribution in the books, or of a file of leaves. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "api/command_rewards.h"
#include "api/rewards_claim.h"
#include "ledger/core/log.h"
#include "ledger/reward_leaves.h"

enum { TELL_EVERY_SECONDS = 2, PIECE = 65536 };

/* The tree that is asked about, and where it is from. */
struct asked {
    const struct command *command;
    struct reward_leaves leaves;
    struct arena arena;
    struct reward_tree tree;
    bool has_root_index;
    uint32_t root_index; /* of the root on L1 that equals ours */
};

static void asked_done(struct asked *a)
{
    reward_leaves_done(&a->leaves);
    arena_done(&a->arena);
}

static void progress(void *arg, size_t leaves)
{
    time_t *told = arg, now = time(NULL);
    if (now - *told < TELL_EVERY_SECONDS)
        return;
    *told = now;
    log_info("rewards", "%zu leaves read", leaves);
}

static enum err build(struct asked *a)
{
    time_t told = time(NULL);
    const struct config *config = a->command->config;
    const char *path = config_text(config, "leaves");
    a->has_root_index = config_given(config, "root-index");
    a->root_index = (uint32_t)config_number(config, "root-index");
    const struct reward_leaves_watch watch = {progress, &told, a->command->stop};
    TRY(reward_leaves_load(path, &watch, &a->leaves));
    if (a->leaves.n == 0)
        return err_with(ERR_FIELD, "%s: there is no leaf", path);
    return reward_tree_build(a->leaves.p, a->leaves.n, (unsigned)config_number(config, "threads"), &a->arena, &a->tree);
}

/* ---- root ---- */

static void print_root(const struct asked *a)
{
    char root[HASH_TEXT + 1];
    hash_format(a->tree.root, root);
    bool json = config_flag(a->command->config, "json");
    printf(json ? "{\"root\":\"%s\",\"earners\":%zu,\"leaves\":%zu}\n" : "root     %s\nearners  %zu\nleaves   %zu\n",
           root, a->tree.n_earners, a->tree.n_leaves);
}

enum status rewards_root(const struct command *c)
{
    struct asked a = {.command = c};
    enum err e = build(&a);
    if (e == OK)
        print_root(&a);
    asked_done(&a);
    return e == OK ? STATUS_OK : e == ERR_STOPPED ? STATUS_FAILED : command_failed(c, e);
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
    jw_object(&w);
    jw_key(&w, "root");
    jw_hash(&w, a->tree.root);
    claim_write(&w, &claim, arena);
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
    for (size_t i = 0; i < a->tree.n_earners; i++) {
        if (atomic_load(a->command->stop))
            return ERR_STOPPED;
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
    return e == OK ? STATUS_OK : e == ERR_STOPPED ? STATUS_FAILED : command_failed(c, e);
}
