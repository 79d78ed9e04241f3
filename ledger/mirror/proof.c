/* ledger/mirror/proof.c - see proof.h. */
#include "ledger/mirror/proof.h"

#include <string.h>

#include "ledger/core/digest.h"
#include "ledger/mirror/member.h"
#include "ledger/mirror/rlp.h"
#include "ledger/mirror/trie.h"

enum { BLOOM_BYTES = 256, LEGACY = 0, TYPE_MAX = 0x7f, TOPICS_MAX = 4 };

/* --- headers ------------------------------------------------------------------------------------------------- */

enum form { FORM_FIXED, FORM_INTEGER, FORM_DATA };

struct header_member {
    const char *name;
    enum form form;
    size_t bytes; /* of FORM_FIXED */
};

/* In the order of the header's RLP. Yellow Paper 4.3 up to nonce, then what forks appended. */
static const struct header_member header_members[] = {
    {"parentHash", FORM_FIXED, 32},
    {"sha3Uncles", FORM_FIXED, 32},
    {"miner", FORM_FIXED, 20},
    {"stateRoot", FORM_FIXED, 32},
    {"transactionsRoot", FORM_FIXED, 32},
    {"receiptsRoot", FORM_FIXED, 32},
    {"logsBloom", FORM_FIXED, BLOOM_BYTES},
    {"difficulty", FORM_INTEGER, 0},
    {"number", FORM_INTEGER, 0},
    {"gasLimit", FORM_INTEGER, 0},
    {"gasUsed", FORM_INTEGER, 0},
    {"timestamp", FORM_INTEGER, 0},
    {"extraData", FORM_DATA, 0},
    {"mixHash", FORM_FIXED, 32},
    {"nonce", FORM_FIXED, 8},
    {"baseFeePerGas", FORM_INTEGER, 0},        /* London, EIP-1559 */
    {"withdrawalsRoot", FORM_FIXED, 32},       /* Shanghai, EIP-4895 */
    {"blobGasUsed", FORM_INTEGER, 0},          /* Cancun, EIP-4844 */
    {"excessBlobGas", FORM_INTEGER, 0},        /* Cancun, EIP-4844 */
    {"parentBeaconBlockRoot", FORM_FIXED, 32}, /* Cancun, EIP-4788 */
    {"requestsHash", FORM_FIXED, 32},          /* Prague, EIP-7685 */
};
enum { HEADER_MEMBERS = sizeof header_members / sizeof header_members[0], HEADER_FRONTIER = 15 };

/* Members of the answer that are not of the header: the block's body, what is derived from it, and old nodes' extras. */
static const char *const not_header_members[] = {"hash",        "size",   "transactions", "uncles", "totalDifficulty",
                                                 "withdrawals", "author", "sealFields",   "logs"};

static bool is_known_member(const char *name)
{
    for (size_t i = 0; i < HEADER_MEMBERS; i++) {
        if (strcmp(name, header_members[i].name) == 0)
            return true;
    }
    for (size_t i = 0; i < sizeof not_header_members / sizeof not_header_members[0]; i++) {
        if (strcmp(name, not_header_members[i]) == 0)
            return true;
    }
    return false;
}

static bool has_unknown_members(const json_t *block)
{
    json_t *object = (json_t *)block; /* jansson iterates over what is not const; nothing is changed */
    for (void *i = json_object_iter(object); i; i = json_object_iter_next(object, i)) {
        if (!json_is_null(json_object_iter_value(i)) && !is_known_member(json_object_iter_key(i)))
            return true;
    }
    return false;
}

static enum err write_header_member(struct buffer *b, const json_t *block, const struct header_member *m,
                                    struct arena *arena)
{
    uint8_t fixed[BLOOM_BYTES];
    struct slice data;
    switch (m->form) {
    case FORM_FIXED:
        TRY(member_fixed(block, m->name, fixed, m->bytes));
        rlp_bytes(b, fixed, m->bytes);
        break;
    case FORM_INTEGER:
        TRY(member_integer(block, m->name, fixed));
        rlp_integer(b, fixed, 32);
        break;
    case FORM_DATA:
        TRY(member_data(block, m->name, arena, &data));
        rlp_bytes(b, data.p, data.n);
        break;
    }
    return OK;
}

static enum err header_hash(const json_t *block, struct hash *out)
{
    AUTO_BUFFER b = {0};
    AUTO_ARENA arena = {0};
    size_t list = rlp_list_begin(&b);
    for (size_t i = 0; i < HEADER_MEMBERS; i++) {
        if (i < HEADER_FRONTIER || !member_absent(block, header_members[i].name))
            TRY(write_header_member(&b, block, &header_members[i], &arena));
    }
    rlp_list_end(&b, list);
    *out = keccak_bytes(b.p, b.n);
    return OK;
}

enum err header_parse(const json_t *block, struct header *out)
{
    struct header h = {0};
    struct hash computed;
    uint64_t time;
    if (!json_is_object(block))
        return err_with(ERR_FIELD, "block: not an object");
    TRY(member_number(block, "number", BLOCK_NUMBER_MAX, &h.number));
    TRY(member_hash(block, "hash", &h.hash));
    TRY(member_hash(block, "parentHash", &h.parent_hash));
    TRY(member_hash(block, "receiptsRoot", &h.receipts_root));
    TRY(member_fixed(block, "logsBloom", h.logs_bloom, sizeof h.logs_bloom));
    TRY(member_number(block, "timestamp", BLOCK_TIME_MAX, &time));
    TRY(header_hash(block, &computed));
    h.time = (int64_t)time;
    h.hash_proven = hash_equal(computed, h.hash);
    if (!h.hash_proven) {
        if (!has_unknown_members(block))
            return err_with(ERR_SOURCE_LIES, "block %llu: its hash does not follow from its members",
                            (unsigned long long)h.number);
        h.unknown_members = true;
    }
    *out = h;
    return OK;
}

/* Yellow Paper 4.3.1: of the keccak256 of the address, the low 11 bits of each of the first three pairs of bytes are the
 * bits that are set, counted from the end. */
bool bloom_may_contain(const uint8_t bloom[256], struct address emitter)
{
    struct hash h = keccak_bytes(emitter.b, sizeof emitter.b);
    for (int pair = 0; pair < 6; pair += 2) {
        unsigned bit = (unsigned)(h.b[pair] << 8 | h.b[pair + 1]) & 2047;
        if (!(bloom[BLOOM_BYTES - 1 - bit / 8] & 1U << bit % 8))
            return false;
    }
    return true;
}

/* --- logs ---------------------------------------------------------------------------------------------------- */

enum err log_parse_place(const json_t *log, struct log *out, uint64_t *number, struct hash *block)
{
    struct log l = {0};
    uint64_t index, tx_index, of;
    struct hash of_hash;
    if (!json_is_object(log))
        return err_with(ERR_FIELD, "log: not an object");
    TRY(member_address(log, "address", &l.address));
    TRY(member_number(log, "blockNumber", BLOCK_NUMBER_MAX, &of));
    TRY(member_hash(log, "blockHash", &of_hash));
    TRY(member_number(log, "logIndex", INT32_MAX, &index));
    TRY(member_number(log, "transactionIndex", INT32_MAX, &tx_index));
    TRY(member_hash(log, "transactionHash", &l.tx_hash));
    const json_t *removed = json_object_get(log, "removed");
    if (removed && !json_is_boolean(removed))
        return err_with(ERR_FIELD, "removed: not true or false");
    if (json_is_true(removed))
        return err_with(ERR_SOURCE_LIES, "log %llu is removed", (unsigned long long)index);
    l.index = (uint32_t)index;
    l.tx_index = (uint32_t)tx_index;
    *out = l;
    *number = of;
    *block = of_hash;
    return OK;
}

enum err log_parse_body(const json_t *log, struct arena *arena, struct log *out)
{
    const json_t *topics;
    struct hash parsed[TOPICS_MAX];
    struct slice data;
    TRY(member_array(log, "topics", &topics));
    size_t n = json_array_size(topics);
    if (n > TOPICS_MAX)
        return err_with(ERR_FIELD, "topics: more than %d", TOPICS_MAX);
    for (size_t i = 0; i < n; i++) {
        const json_t *topic = json_array_get(topics, i);
        if (!json_is_string(topic) || hash_parse(json_string_value(topic), json_string_length(topic), &parsed[i]) != OK)
            return err_with(ERR_FIELD, "topics[%zu]: not 32 bytes of hexadecimal", i);
    }
    TRY(member_data(log, "data", arena, &data));
    memcpy(out->topics, parsed, n * sizeof parsed[0]);
    out->n_topics = (uint32_t)n;
    out->data = data;
    return OK;
}

enum err log_parse_loose(const json_t *log, struct arena *arena, struct log *out, uint64_t *number, struct hash *block)
{
    struct log l;
    uint64_t of;
    struct hash of_hash;
    TRY(log_parse_place(log, &l, &of, &of_hash));
    TRY(log_parse_body(log, arena, &l));
    *out = l;
    *number = of;
    *block = of_hash;
    return OK;
}

enum err log_parse(const json_t *log, uint64_t number, struct hash block, struct arena *arena, struct log *out)
{
    struct log l;
    uint64_t of;
    struct hash of_hash;
    TRY(log_parse_place(log, &l, &of, &of_hash));
    if (of != number || !hash_equal(of_hash, block))
        return err_with(ERR_SOURCE_LIES, "log %lu is of another block than %llu", (unsigned long)l.index,
                        (unsigned long long)number);
    TRY(log_parse_body(log, arena, &l));
    *out = l;
    return OK;
}

/* --- receipts ------------------------------------------------------------------------------------------------ */

/* The logs of all receipts so far, and the RLP of all receipts one after the other. */
struct gathering {
    const struct header *header;
    struct arena *arena;
    struct buffer rlp;
    struct log *logs;
    size_t n_logs, room;
};

static enum err receipt_type(const json_t *receipt, uint64_t *out)
{
    *out = LEGACY;
    /* EIP-2718: "TransactionType is a positive unsigned 8-bit number between 0 and 0x7f". */
    return member_absent(receipt, "type") ? OK : member_number(receipt, "type", TYPE_MAX, out);
}

static void write_log(struct buffer *b, const struct log *l)
{
    size_t list = rlp_list_begin(b);
    rlp_bytes(b, l->address.b, sizeof l->address.b);
    size_t topics = rlp_list_begin(b);
    for (uint32_t i = 0; i < l->n_topics; i++)
        rlp_bytes(b, l->topics[i].b, sizeof l->topics[i].b);
    rlp_list_end(b, topics);
    rlp_bytes(b, l->data.p, l->data.n);
    rlp_list_end(b, list);
}

static enum err gather_log(struct gathering *g, const json_t *log, size_t tx_index, struct hash tx_hash)
{
    struct log l;
    TRY(log_parse(log, g->header->number, g->header->hash, g->arena, &l));
    if (l.index != g->n_logs)
        return err_with(ERR_SOURCE_LIES, "logIndex %lu where %zu is due", (unsigned long)l.index, g->n_logs);
    if (l.tx_index != tx_index || !hash_equal(l.tx_hash, tx_hash))
        return err_with(ERR_SOURCE_LIES, "log %zu is of another transaction", g->n_logs);
    if (g->n_logs == g->room) {
        g->room = g->room ? 2 * g->room : 64;
        struct log *grown = ARENA_ARRAY(g->arena, struct log, g->room);
        if (g->n_logs)
            memcpy(grown, g->logs, g->n_logs * sizeof *grown);
        g->logs = grown;
    }
    g->logs[g->n_logs++] = l;
    write_log(&g->rlp, &l);
    return OK;
}

/* Yellow Paper 4.3.1 and EIP-658: [status or post-state root, cumulative gas used, logs bloom, logs]; EIP-2718: a typed
 * receipt is its type's byte and then the payload. Every type so far (1 to 4) has the same payload, so one that is not
 * known yet is tried alike: the root decides. */
static enum err gather_receipt(struct gathering *g, const json_t *receipt, size_t index)
{
    struct hash tx_hash, block;
    uint64_t type, tx_index, number;
    uint8_t gas[32], bloom[BLOOM_BYTES];
    const json_t *logs;
    if (!json_is_object(receipt))
        return err_with(ERR_FIELD, "not an object");
    TRY(receipt_type(receipt, &type));
    TRY(member_hash(receipt, "transactionHash", &tx_hash));
    TRY(member_u64(receipt, "transactionIndex", &tx_index));
    TRY(member_u64(receipt, "blockNumber", &number));
    TRY(member_hash(receipt, "blockHash", &block));
    TRY(member_integer(receipt, "cumulativeGasUsed", gas));
    TRY(member_fixed(receipt, "logsBloom", bloom, sizeof bloom));
    TRY(member_array(receipt, "logs", &logs));
    if (tx_index != index)
        return err_with(ERR_SOURCE_LIES, "transactionIndex is %llu", (unsigned long long)tx_index);
    if (number != g->header->number || !hash_equal(block, g->header->hash))
        return err_with(ERR_SOURCE_LIES, "of another block");
    if (type != LEGACY)
        buffer_u8(&g->rlp, (uint8_t)type);
    size_t list = rlp_list_begin(&g->rlp);
    if (!member_absent(receipt, "status")) {
        uint64_t status;
        TRY(member_number(receipt, "status", 1, &status));
        rlp_u64(&g->rlp, status);
    } else {
        struct hash root;
        TRY(member_hash(receipt, "root", &root));
        rlp_bytes(&g->rlp, root.b, sizeof root.b);
    }
    rlp_integer(&g->rlp, gas, sizeof gas);
    rlp_bytes(&g->rlp, bloom, sizeof bloom);
    size_t log_list = rlp_list_begin(&g->rlp);
    for (size_t i = 0; i < json_array_size(logs); i++)
        TRY(gather_log(g, json_array_get(logs, i), index, tx_hash));
    rlp_list_end(&g->rlp, log_list);
    rlp_list_end(&g->rlp, list);
    return OK;
}

static enum err receipts_root(struct gathering *g, const json_t *receipts, struct hash *out)
{
    AUTO_ARENA scratch = {0};
    size_t n = json_array_size(receipts);
    size_t *ends = ARENA_ARRAY(&scratch, size_t, n);
    for (size_t i = 0; i < n; i++) {
        enum err e = gather_receipt(g, json_array_get(receipts, i), i);
        if (e != OK)
            return err_with(e, "block %llu: receipt %zu: %s", (unsigned long long)g->header->number, i, err_detail());
        ends[i] = g->rlp.n;
    }
    struct slice *values = ARENA_ARRAY(&scratch, struct slice, n);
    for (size_t i = 0, begin = 0; i < n; begin = ends[i++])
        values[i] = (struct slice){g->rlp.p + begin, ends[i] - begin};
    *out = trie_list_root(values, n);
    return OK;
}

enum err receipts_check(const json_t *receipts, const struct header *header, struct arena *arena, struct log **logs,
                        size_t *n_logs)
{
    if (!json_is_array(receipts))
        return err_with(ERR_FIELD, "receipts: not an array");
    struct gathering g = {.header = header, .arena = arena};
    struct hash root;
    enum err e = receipts_root(&g, receipts, &root);
    buffer_done(&g.rlp);
    TRY(e);
    if (!hash_equal(root, header->receipts_root))
        return err_with(ERR_SOURCE_LIES, "block %llu: its receipts do not have its receiptsRoot",
                        (unsigned long long)header->number);
    *logs = g.logs;
    *n_logs = g.n_logs;
    return OK;
}
