/* tests/governance/support/governors.h - two governors, one on each clock, whose logs are made by hand; and what is read of their proposals. */
#ifndef TESTS_GOVERNANCE_SUPPORT_GOVERNORS_H
#define TESTS_GOVERNANCE_SUPPORT_GOVERNORS_H

#include "governance/handlers.h"
#include "governance/proposal.h"
#include "tests/ledger/support/stage.h"

/* Contracts, by the number of address_of; TOKEN is that of the stage. */
enum {
    GOVERNOR = 0x60, /* counts blocks */
    TIMELOCK = 0x61,
    TIMED = 0x62, /* counts seconds, has no timelock */
    LATER = 0x63, /* another timelock */
    COMPOUND = 0x64,
    BURIED = 0x65 /* its timelock is not mirrored */
};
enum { ANN = 0xa1, BOB = 0xb1, EVE = 0xe1 };
enum { GENESIS = 1700000000, BLOCK_SECONDS = 12 };

static const char governors_file[] =
    "{\"name\":\"stage\",\"chain_id\":1,\"start_block\":0,\"contracts\":["
    "{\"kind\":\"erc20votes\",\"name\":\"ALT\",\"address\":\"0x7000000000000000000000000000000000000070\"},"
    "{\"kind\":\"governor\",\"address\":\"0x6000000000000000000000000000000000000060\"},"
    "{\"kind\":\"timelock\",\"address\":\"0x6100000000000000000000000000000000000061\"},"
    "{\"kind\":\"governor\",\"address\":\"0x6200000000000000000000000000000000000062\",\"parameters\":{\"clock\":\"timestamp\"}},"
    "{\"kind\":\"timelock\",\"address\":\"0x6300000000000000000000000000000000000063\"},"
    "{\"kind\":\"governor\",\"address\":\"0x6400000000000000000000000000000000000064\","
    "\"timelock\":\"0x6100000000000000000000000000000000000061\",\"parameters\":{\"timelock_grace_seconds\":120}},"
    "{\"kind\":\"governor\",\"address\":\"0x6500000000000000000000000000000000000065\","
    "\"timelock\":\"0x6900000000000000000000000000000000000069\"}]}";

/* Once a binary, after pg_start. */
static inline void governors_setup(void)
{
    stage_setup();
    apply_add_handlers(governance_handlers);
}

static inline int64_t time_of(uint64_t block)
{
    return GENESIS + (int64_t)block * BLOCK_SECONDS;
}

/* The books, and a chain of 400 blocks with their times. */
static inline void governors_open(struct stage *s)
{
    stage_open_network(s, governors_file);
    const char *file = governors_file;
    int64_t genesis = GENESIS, seconds = BLOCK_SECONDS;
    assert_int_equal(db_run(s->db, "UPDATE mirror.cursor SET network = $1", WITH(IN(file)), NULL), OK);
    assert_int_equal(
        db_run(s->db,
               "INSERT INTO mirror.block (id, number, hash, parent_hash, time, proof)"
               " SELECT n + 1, n, sha256(n::text::bytea), sha256((n - 1)::text::bytea), to_timestamp($1 + n * $2), 0"
               " FROM generate_series(0::bigint, 400) n",
               WITH(IN(&genesis), IN(&seconds)), NULL),
        OK);
    assert_int_equal(db_run(s->db, "INSERT INTO mirror.chain SELECT number, id FROM mirror.block", WITH_NOTHING, NULL),
                     OK);
}

static inline void block(struct stage *s, uint64_t number)
{
    tx_in(s, number);
    s->blocks[s->n_blocks - 1].time = time_of(number);
}

static inline struct abi_value in_bytes(const void *p, size_t n)
{
    return (struct abi_value){.kind = ABI_BYTES, .bytes = {p, n}};
}

static inline struct abi_value in_text(const char *text)
{
    return in_bytes(text, strlen(text));
}

static inline void minted(struct stage *s, uint64_t units)
{
    EMIT(s, TOKEN, "ERC20", "Transfer(address,address,uint256)", in_address(0), in_address(ANN), in_number(units));
}

/* Calls the token, with 1 wei, and a stranger; the description is as given. */
static inline void proposed(struct stage *s, uint8_t governor, uint64_t id, uint64_t start, uint64_t end,
                            struct slice description)
{
    static const uint8_t input[33] = {0xa9, 0x05, 0x9c, 0xbb};
    struct abi_value targets[] = {in_address(TOKEN), in_address(EVE)}, values[] = {in_number(1), in_number(0)};
    struct abi_value signatures[] = {in_text(""), in_bytes("f(\0\xff)", 5)};
    struct abi_value calldatas[] = {in_bytes("", 0), in_bytes(input, sizeof input)};
    EMIT(s, governor, "Governor",
         "ProposalCreated(uint256,address,address[],uint256[],string[],bytes[],uint256,uint256,string)", in_number(id),
         in_address(BOB), in_list(s, ABI_ARRAY, targets, 2), in_list(s, ABI_ARRAY, values, 2),
         in_list(s, ABI_ARRAY, signatures, 2), in_list(s, ABI_ARRAY, calldatas, 2), in_number(start), in_number(end),
         in_bytes(description.p, description.n));
}

static inline void proposed_plainly(struct stage *s, uint8_t governor, uint64_t id, uint64_t start, uint64_t end)
{
    proposed(s, governor, id, start, end, (struct slice){(const uint8_t *)"plain", 5});
}

/* The operation as which GOVERNOR would schedule that proposal. */
static inline struct hash operation_of(struct stage *s, uint64_t id)
{
    struct hash h = hash_zero;
    AUTO_ROWS rows = NULL;
    struct amount number = amount_from_u64(id);
    assert_int_equal(db_query(s->db, "SELECT operation FROM proposal WHERE number = $1", WITH(IN(&number)), &rows), OK);
    if (rows_count(rows) > 0)
        h = rows_hash(rows, 0, 0);
    return h;
}

static inline void voted(struct stage *s, uint8_t governor, uint64_t id, uint8_t voter, uint64_t support,
                         uint64_t weight)
{
    EMIT(s, governor, "Governor", "VoteCast(address,uint256,uint8,uint256,string)", in_address(voter), in_number(id),
         in_number(support), in_number(weight), in_text(""));
}

static inline void queued(struct stage *s, uint8_t governor, uint64_t id, int64_t eta)
{
    EMIT(s, governor, "Governor", "ProposalQueued(uint256,uint256)", in_number(id), in_number((uint64_t)eta));
}

static inline void numerator(struct stage *s, uint8_t governor, uint64_t before, uint64_t now)
{
    EMIT(s, governor, "GovernorVotesQuorumFraction", "QuorumNumeratorUpdated(uint256,uint256)", in_number(before),
         in_number(now));
}

/* What the views answer at a block, as "state snapshot deadline against/for/abstain quorum undetermined". */
static inline const char *view_at(struct stage *s, uint8_t governor, uint64_t id, uint64_t number, bool time_known)
{
    AUTO_ROWS rows = NULL;
    struct address address = address_of(governor);
    struct proposal_key key = proposal_key(address, amount_from_u64(id));
    int64_t until = (int64_t)number << 32 | 0xffffffff, at = (int64_t)number;
    struct instant time = {time_of(number)};
    enum err e =
        db_query(s->db,
                 "SELECT concat_ws(' ', coalesce(v.state, '?'), v.snapshot, v.deadline,"
                 " v.against_votes || '/' || v.for_votes || '/' || v.abstain_votes, coalesce(v.quorum::text, '?'),"
                 " v.undetermined) FROM api_v1.proposal_at($1, $2, $3, $4, $5) v",
                 WITH(IN(&address), IN(&key.proposal_id), IN(&until), IN(&at), {T_TIME, time_known ? &time : NULL}),
                 &rows);
    if (e != OK)
        fail_msg("%s", err_detail());
    return rows_count(rows) == 0 ? "none" : arena_printf(&s->arena, "%s", rows_text(rows, 0, 0));
}

static inline void assert_view(struct stage *s, uint8_t governor, uint64_t id, uint64_t number, const char *expected)
{
    assert_string_equal(view_at(s, governor, id, number, true), expected);
}

#endif
