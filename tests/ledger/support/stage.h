/* tests/ledger/support/stage.h - a chain of EigenLayer's logs made by hand, applied in batches to the books of a real database.
 *
 * Logs are written with their decoded values; every batch is committed and then forgotten, so that the next one reads all it needs. */
#ifndef TESTS_LEDGER_SUPPORT_STAGE_H
#define TESTS_LEDGER_SUPPORT_STAGE_H

#include <string.h>

#include "ledger/core/digest.h"
#include "ledger/mirror/apply.h"
#include "ledger/mirror/network.h"
#include "tests/support/pg.h"
#include "tests/support/unit.h"

/* Contracts, by the number of address_of. */
enum {
    DELEGATION = 0xd0,
    MANAGER = 0xd1, /* StrategyManager */
    ALLOCATION = 0xd2,
    PODS = 0xd3,
    DIRECTORY = 0xd4,
    FACTORY = 0xd5,
    TOKEN = 0x70,
    PLAIN = 0x51, /* a strategy */
    OTHER = 0x52, /* a strategy whose token the file names */
    ALIEN = 0x59, /* a strategy that the file does not have */
    BEACON = 0xbe /* beacon chain ETH */
};
enum { STAGE_BLOCKS = 2048, STAGE_LOGS = 128 };
static const uint64_t WAD = 1000000000000000000;

static inline struct address address_of(uint8_t n)
{
    struct address a = {{0}};
    if (n == BEACON) {
        enum err e = address_parse("0xbeaC0eeEeeeeEEeEeEEEEeeEEeEeeeEeeEEBEaC0", ADDRESS_TEXT, &a);
        assert_int_equal(e, OK);
        return a;
    }
    a.b[0] = n;
    a.b[19] = n;
    return a;
}

struct stage {
    struct network network;
    struct db *db;
    struct books books;
    struct arena arena;
    struct block *blocks; /* not applied yet */
    struct decoded_log **decoded;
    size_t n_blocks;
    uint64_t number; /* of the last block */
    uint32_t tx;
};

static const char stage_file[] =
    "{\"name\":\"stage\",\"chain_id\":1,\"start_block\":0,\"parameters\":{\"min_withdrawal_delay_blocks\":10},\"contracts\":["
    "{\"kind\":\"eigenlayer.delegation_manager\",\"address\":\"0xd0000000000000000000000000000000000000d0\"},"
    "{\"kind\":\"eigenlayer.strategy_manager\",\"address\":\"0xd1000000000000000000000000000000000000d1\"},"
    "{\"kind\":\"eigenlayer.allocation_manager\",\"address\":\"0xd2000000000000000000000000000000000000d2\"},"
    "{\"kind\":\"eigenlayer.eigen_pod_manager\",\"address\":\"0xd3000000000000000000000000000000000000d3\"},"
    "{\"kind\":\"eigenlayer.avs_directory\",\"address\":\"0xd4000000000000000000000000000000000000d4\"},"
    "{\"kind\":\"eigenlayer.strategy_factory\",\"address\":\"0xd5000000000000000000000000000000000000d5\"},"
    "{\"kind\":\"erc20\",\"address\":\"0x7000000000000000000000000000000000000070\"},"
    "{\"kind\":\"eigenlayer.strategy\",\"address\":\"0x5100000000000000000000000000000000000051\"},"
    "{\"kind\":\"eigenlayer.strategy\",\"address\":\"0x5200000000000000000000000000000000000052\","
    "\"asset\":\"0x7000000000000000000000000000000000000070\"}]}";

/* Once a binary, after pg_start. */
static inline void stage_setup(void)
{
    abi_setup();
    apply_setup();
}

static inline void stage_open_network(struct stage *s, const char *file)
{
    *s = (struct stage){0};
    assert_int_equal(network_parse(file, strlen(file), &s->network), OK);
    s->db = pg_open(pg_admin(pg_fresh()), NULL);
    assert_int_equal(db_script(s->db, "SET search_path = ledger"), OK);
    books_init(&s->books);
    s->blocks = ARENA_ARRAY(&s->arena, struct block, STAGE_BLOCKS);
    s->decoded = ARENA_ARRAY(&s->arena, struct decoded_log *, STAGE_BLOCKS);
}

static inline void stage_open(struct stage *s)
{
    stage_open_network(s, stage_file);
}

static inline void stage_done(struct stage *s)
{
    books_done(&s->books);
    db_close(s->db);
    network_done(&s->network);
    arena_done(&s->arena);
}

/* ---- making blocks ---- */

static inline struct hash stage_hash(uint64_t a, uint64_t b)
{
    uint64_t both[2] = {a, b};
    return keccak_bytes(both, sizeof both);
}

/* The next transaction, in a new block of this number or the present one. */
static inline void tx_in(struct stage *s, uint64_t number)
{
    s->tx++;
    if (s->n_blocks > 0 && s->blocks[s->n_blocks - 1].number == number)
        return;
    assert_true(s->n_blocks < STAGE_BLOCKS && (s->n_blocks == 0 || number > s->number));
    s->blocks[s->n_blocks] = (struct block){.number = number,
                                            .hash = stage_hash(number, 0),
                                            .logs = ARENA_ARRAY(&s->arena, struct log, STAGE_LOGS)};
    s->decoded[s->n_blocks++] = ARENA_ARRAY(&s->arena, struct decoded_log, STAGE_LOGS);
    s->number = number;
}

/* One log of the present transaction; of a contract that is not mirrored: none. */
static inline void emit(struct stage *s, uint8_t from, const char *group, const char *signature,
                        const struct abi_value *values, size_t n)
{
    struct address emitter = from == BEACON ? address_zero : address_of(from);
    const struct contract *contract = network_contract(&s->network, emitter);
    const struct abi_event *event = abi_by_signature(group, signature);
    if (event == NULL || event->n_inputs != n)
        fail_msg("%s.%s has no %zu arguments", group, signature, n);
    if (contract == NULL)
        return;
    struct block *block = &s->blocks[s->n_blocks - 1];
    assert_true(block->n_logs < STAGE_LOGS);
    struct log *log = &block->logs[block->n_logs];
    *log = (struct log){.address = emitter,
                        .index = (uint32_t)block->n_logs,
                        .tx_index = s->tx,
                        .tx_hash = stage_hash(block->number, s->tx)};
    s->decoded[s->n_blocks - 1][block->n_logs++] =
        (struct decoded_log){contract, event, arena_copy(&s->arena, values, n * sizeof *values), emitter};
}
#define EMIT(s, from, group, signature, ...)                                   \
    emit((s), (from), (group), (signature), (struct abi_value[]){__VA_ARGS__}, \
         sizeof((struct abi_value[]){__VA_ARGS__}) / sizeof(struct abi_value))

static inline struct abi_value in_amount(struct amount v)
{
    return (struct abi_value){.kind = ABI_UINT, .number = v};
}

static inline struct abi_value in_number(uint64_t v)
{
    return in_amount(amount_from_u64(v));
}

static inline struct abi_value in_address(uint8_t n)
{
    return (struct abi_value){.kind = ABI_ADDRESS, .address = n == 0 ? address_zero : address_of(n)};
}

static inline struct abi_value in_hash(struct stage *s, struct hash h)
{
    return (struct abi_value){.kind = ABI_FIXED_BYTES, .bytes = {arena_copy(&s->arena, h.b, sizeof h.b), sizeof h.b}};
}

static inline struct abi_value in_list(struct stage *s, enum abi_kind kind, const struct abi_value *items, size_t n)
{
    return (struct abi_value){.kind = kind,
                              .items = n == 0 ? NULL : arena_copy(&s->arena, items, n * sizeof *items),
                              .n_items = n};
}

/* ---- applying ---- */

static inline void stage_apply_batch(struct stage *s, size_t from, size_t n)
{
    assert_int_equal(apply_batch(&s->books, s->db, &s->network, s->blocks + from, s->decoded + from, n), OK);
    assert_int_equal(db_begin(s->db, ""), OK);
    assert_int_equal(books_copy(&s->books, s->db), OK);
    assert_int_equal(db_commit(s->db), OK);
    books_batch_done(&s->books);
    books_forget(&s->books, s->books.next_account, s->books.root);
}

/* Apply what was made, `per_batch` blocks at a time (0: all at once). */
static inline void stage_apply(struct stage *s, size_t per_batch)
{
    size_t step = per_batch == 0 ? s->n_blocks : per_batch;
    for (size_t i = 0; i < s->n_blocks; i += step)
        stage_apply_batch(s, i, i + step <= s->n_blocks ? step : s->n_blocks - i);
    s->n_blocks = 0;
}

/* ---- asking ---- */

/* A balance, over all second parties. */
static inline struct amount stage_held(struct stage *s, enum book book, uint8_t asset, uint8_t owner)
{
    int16_t number = (int16_t)book;
    struct address a = address_of(asset), o = owner == 0 ? address_zero : address_of(owner);
    struct slice asset_bytes = {a.b, sizeof a.b};
    AUTO_ROWS rows = NULL;
    enum err e = db_query(s->db,
                          "SELECT coalesce(sum(e.balance), 0) FROM account a"
                          " CROSS JOIN LATERAL (SELECT balance FROM entry x WHERE x.account = a.id"
                          "                      ORDER BY x.position DESC LIMIT 1) e"
                          " WHERE a.book = $1 AND a.asset = $2 AND a.owner = $3",
                          WITH(IN(&number), IN(&asset_bytes), IN(&o)), &rows);
    assert_int_equal(e, OK);
    return rows_amount(rows, 0, 0);
}

static inline void assert_held(struct stage *s, enum book book, uint8_t asset, uint8_t owner, uint64_t expected)
{
    char text[AMOUNT_TEXT + 1], wanted[AMOUNT_TEXT + 1];
    amount_format(stage_held(s, book, asset, owner), text);
    amount_format(amount_from_u64(expected), wanted);
    assert_string_equal(text, wanted);
}

/* A statement that yields one text. */
static inline void assert_says(struct stage *s, const char *sql, const char *expected)
{
    AUTO_ROWS rows = NULL;
    assert_int_equal(db_query(s->db, sql, WITH_NOTHING, &rows), OK);
    assert_int_equal(rows_count(rows), 1);
    if (rows_null(rows, 0, 0))
        fail_msg("nothing, not %s", expected);
    assert_string_equal(rows_text(rows, 0, 0), expected);
}

static inline void assert_consistent(struct stage *s)
{
    assert_says(s, "SELECT coalesce(string_agg(reason, '; '), 'none') FROM inconsistency", "none");
}

#endif
