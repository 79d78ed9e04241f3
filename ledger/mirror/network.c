/* ledger/mirror/network.c - see network.h. */
#include "ledger/mirror/network.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ledger/core/digest.h"
#include "ledger/mirror/block.h"
#include "ledger/mirror/network_parameters.h"
#include "ledger/mirror/network_rewards.h"

enum { FILE_MAX = 16 << 20 }; /* bytes */

#define KIND_NAME(code, name) [code] = name,
static const char *const kind_names[KIND_COUNT] = {CONTRACT_KINDS(KIND_NAME)};
#undef KIND_NAME

const char *contract_kind_name(enum contract_kind kind)
{
    assert((unsigned)kind < KIND_COUNT);
    return kind_names[kind];
}

bool contract_is_erc20(enum contract_kind kind)
{
    return kind == KIND_ERC20 || kind == KIND_ERC20VOTES || kind == KIND_ERC4626;
}

static bool is_address(const char *text)
{
    struct address a;
    return strlen(text) == ADDRESS_TEXT && address_parse(text, ADDRESS_TEXT, &a) == OK;
}

static json_t *lower_case(const char *address)
{
    struct address a = {{0}};
    char text[ADDRESS_TEXT + 1];
    enum err e = address_parse(address, ADDRESS_TEXT, &a);
    assert(e == OK);
    address_format_lower(a, text);
    return json_string(text);
}

/* A copy without comments, addresses in lower case: what two files that mean the same have in common. */
static json_t *normalise(json_t *j)
{
    json_t *copy = NULL, *item;
    const char *key;
    size_t i;
    if (json_is_object(j)) {
        copy = json_object();
        json_object_foreach(j, key, item)
        {
            if (key[0] != '_' && json_object_set_new(copy, key, normalise(item)) != 0)
                assert(!"memory for the network file");
        }
    } else if (json_is_array(j)) {
        copy = json_array();
        json_array_foreach(j, i, item)
        {
            if (json_array_append_new(copy, normalise(item)) != 0)
                assert(!"memory for the network file");
        }
    } else if (json_is_string(j) && is_address(json_string_value(j))) {
        copy = lower_case(json_string_value(j));
    } else {
        copy = json_incref(j);
    }
    assert(copy != NULL);
    return copy;
}

static enum err parse_contract_references(const char *where, const json_t *entry, struct contract *c)
{
    TRY(network_get_address(where, entry, "asset", false, &c->asset, &c->has_asset));
    TRY(network_get_address(where, entry, "token", false, &c->token, &c->has_token));
    TRY(network_get_address(where, entry, "timelock", false, &c->timelock, &c->has_timelock));
    return network_get_text(where, entry, "collects_for", false, &c->collects_for);
}

static enum err parse_contract(const char *where, const json_t *entry, uint64_t start_block, struct contract *c)
{
    static const char *const members[] = {"kind",     "name",         "address",    "from_block", "asset",    "token",
                                          "timelock", "collects_for", "parameters", "symbol",     "decimals", NULL};
    if (!json_is_object(entry))
        return err_with(ERR_CONFIG, "%s: must be an object", where);
    TRY(network_check_members(where, entry, members));

    const char *kind = NULL, *name = NULL;
    bool has_address = false;
    TRY(network_get_text(where, entry, "kind", true, &kind));
    size_t k = 0;
    while (k < KIND_COUNT && strcmp(kind_names[k], kind) != 0)
        k++;
    if (k == KIND_COUNT)
        return err_with(ERR_CONFIG, "%s.kind: \"%.64s\" is not a kind of contract", where, kind);
    c->kind = (enum contract_kind)k;
    TRY(network_get_text(where, entry, "name", false, &name));
    c->name = name != NULL ? name : "";
    TRY(network_get_address(where, entry, "address", true, &c->address, &has_address));
    c->from_block = start_block;
    TRY(network_get_number(where, entry, "from_block", false, 0, BLOCK_NUMBER_MAX, &c->from_block));
    if (c->from_block < start_block)
        c->from_block = start_block; /* nothing below it is read */
    const char *symbol = NULL;       /* these two are only shown: the API reads them from the file */
    uint64_t decimals = 0;
    TRY(network_get_text(where, entry, "symbol", false, &symbol));
    TRY(network_get_number(where, entry, "decimals", false, 0, UINT8_MAX, &decimals)); /* ERC-20: a uint8 */
    TRY(parse_contract_references(where, entry, c));
    c->entry = entry;

    const json_t *parameters = json_object_get(entry, "parameters");
    char path[64];
    snprintf(path, sizeof path, "%s.parameters", where);
    return parameters == NULL ? OK : network_check_parameters(path, c, parameters);
}

/* Whatever a reference of contract i points at must be able to play that part, if it is in the file at all. */
static enum err check_reference(const struct network *n, size_t i, const char *member, bool has, struct address to,
                                bool (*fits)(enum contract_kind), const char *what)
{
    const struct contract *target = has ? network_contract(n, to) : NULL;
    if (target == NULL || fits(target->kind))
        return OK;
    return err_with(ERR_CONFIG, "contracts[%zu].%s: must be %s, not %s", i, member, what, kind_names[target->kind]);
}

static bool is_votes(enum contract_kind kind)
{
    return kind == KIND_ERC20VOTES;
}

static bool is_timelock(enum contract_kind kind)
{
    return kind == KIND_TIMELOCK;
}

/* References may point forward, so they are checked when all contracts are known. */
static enum err check_references(struct network *n)
{
    const struct contract *votes = NULL;
    size_t n_votes = 0;
    for (size_t i = 0; i < n->n_contracts; i++) {
        if (n->contracts[i].kind != KIND_ERC20VOTES)
            continue;
        votes = &n->contracts[i];
        n_votes++;
    }
    for (size_t i = 0; i < n->n_contracts; i++) {
        struct contract *c = &n->contracts[i];
        TRY(check_reference(n, i, "asset", c->has_asset, c->asset, contract_is_erc20, "an ERC-20 token"));
        TRY(check_reference(n, i, "token", c->has_token, c->token, is_votes, "an erc20votes token"));
        TRY(check_reference(n, i, "timelock", c->has_timelock, c->timelock, is_timelock, "a timelock"));
        if (c->kind != KIND_GOVERNOR || c->has_token)
            continue;
        if (n_votes > 1)
            return err_with(ERR_CONFIG, "contracts[%zu].token: missing, and there are %zu erc20votes contracts", i,
                            n_votes);
        c->has_token = n_votes == 1;
        c->token = n_votes == 1 ? votes->address : address_zero;
    }
    return OK;
}

static enum err parse_contracts(struct network *n)
{
    const json_t *entries = json_object_get(n->file, "contracts");
    if (!json_is_array(entries))
        return err_with(ERR_CONFIG, "contracts: %s", entries == NULL ? "missing" : "must be an array");
    n->n_contracts = json_array_size(entries);
    n->contracts = ARENA_ARRAY(&n->arena, struct contract, n->n_contracts);
    for (size_t i = 0; i < n->n_contracts; i++) {
        char where[40];
        snprintf(where, sizeof where, "contracts[%zu]", i);
        TRY(parse_contract(where, json_array_get(entries, i), n->start_block, &n->contracts[i]));

        bool added = false;
        char text[ADDRESS_TEXT + 1];
        uint32_t *index = map_put(&n->by_address, &n->contracts[i].address, &added);
        address_format_lower(n->contracts[i].address, text);
        if (!added)
            return err_with(ERR_CONFIG, "contracts[%zu].address: %s is contracts[%u] already", i, text,
                            (unsigned)*index);
        *index = (uint32_t)i;
    }
    return check_references(n);
}

/* Their members are read by the layer that makes proposals of them. */
static enum err check_spaces(const json_t *spaces)
{
    const json_t *space;
    size_t i;
    if (spaces != NULL && !json_is_array(spaces))
        return err_with(ERR_CONFIG, "spaces: must be an array");
    json_array_foreach(spaces, i, space)
    {
        const char *id = NULL;
        char where[40];
        snprintf(where, sizeof where, "spaces[%zu]", i);
        if (!json_is_object(space))
            return err_with(ERR_CONFIG, "%s: must be an object", where);
        TRY(network_get_text(where, space, "id", true, &id));
    }
    return OK;
}

static enum err parse_file(struct network *n)
{
    static const char *const members[] = {"name", "chain_id", "start_block", "contracts", "parameters", "spaces", NULL};
    if (!json_is_object(n->file))
        return err_with(ERR_CONFIG, "the network file must be a JSON object");
    TRY(network_check_members("", n->file, members));
    TRY(network_get_text("", n->file, "name", true, &n->name));
    /* JSON numbers are exact in every reader up to 2^53 only, and no chain has a larger id. */
    TRY(network_get_number("", n->file, "chain_id", true, 1, (uint64_t)1 << 53, &n->chain_id));
    TRY(network_get_number("", n->file, "start_block", true, 0, BLOCK_NUMBER_MAX, &n->start_block));
    n->finality_depth_blocks = FINALITY_DEPTH_DEFAULT;
    const json_t *parameters = json_object_get(n->file, "parameters");
    if (parameters != NULL) {
        TRY(network_check_parameters("parameters", NULL, parameters));
        TRY(network_get_number("parameters", parameters, "finality_depth_blocks", false, 0, BLOCK_NUMBER_MAX,
                               &n->finality_depth_blocks));
    }
    TRY(check_spaces(json_object_get(n->file, "spaces")));
    TRY(parse_contracts(n));
    return network_read_rewards(n);
}

enum err network_parse(const char *text, size_t n, struct network *out)
{
    AUTO_JSON parsed = NULL;
    if (json_parse(text, n, JSON_DEPTH_MAX, &parsed) != OK) {
        char detail[256];
        snprintf(detail, sizeof detail, "%s", err_detail());
        return err_with(ERR_CONFIG, "%s", detail);
    }
    struct network network = {.file = normalise(parsed)};
    map_init(&network.by_address, sizeof(struct address), sizeof(uint32_t));
    enum err e = parse_file(&network);
    if (e != OK) {
        network_done(&network);
        return e;
    }
    network.canonical = json_canonical(network.file, &network.arena);
    network.hash = keccak_bytes(network.canonical, strlen(network.canonical));
    *out = network;
    return OK;
}

static enum err read_file(FILE *f, struct buffer *out)
{
    size_t got;
    do {
        if (out->n > FILE_MAX)
            return err_with(ERR_CONFIG, "larger than %d bytes", FILE_MAX);
        buffer_reserve(out, 1 << 16);
        got = fread(out->p + out->n, 1, 1 << 16, f);
        out->n += got;
    } while (got > 0);
    return ferror(f) ? err_with(ERR_IO, "%s", strerror(errno)) : OK;
}

enum err network_load(const char *path, struct network *out)
{
    FILE *f = fopen(path, "rbe");
    if (f == NULL)
        return err_with(ERR_IO, "network file %s: %s", path, strerror(errno));
    AUTO_BUFFER text = {0};
    enum err e = read_file(f, &text);
    fclose(f);
    if (e == OK)
        e = network_parse((const char *)text.p, text.n, out);
    if (e == OK)
        return OK;
    char detail[400];
    snprintf(detail, sizeof detail, "%s", err_detail());
    return err_with(e, "network file %s: %s", path, detail);
}

void network_done(struct network *n)
{
    map_done(&n->by_address);
    json_release(&n->file);
    arena_done(&n->arena);
    *n = (struct network){0};
}

const struct contract *network_contract(const struct network *n, struct address a)
{
    const uint32_t *index = map_get(&n->by_address, &a);
    return index == NULL ? NULL : &n->contracts[*index];
}

bool network_watches(const struct network *n, struct address emitter, uint64_t block)
{
    const struct contract *c = network_contract(n, emitter);
    return c != NULL && block >= c->from_block;
}
