/* tests/ledger/mirror/archive_fixture.h - archives written from short scripts, and what a source makes of them.
 *
 * A script is blocks in the order of the file, a letter for the branch and the number: "A0 A1 A2 B2 B3" is a chain of which
 * block 2 is replaced. A block's parent is the block below it on the chain that the lines before it leave. What a source
 * gives is written the same way, with "~1" for a reorg to block 1. */
#ifndef TESTS_LEDGER_MIRROR_ARCHIVE_FIXTURE_H
#define TESTS_LEDGER_MIRROR_ARCHIVE_FIXTURE_H

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/core/gzip.h"
#include "ledger/mirror/source.h"
#include "ledger/mirror/source_archive.h"
#include "tests/support/unit.h"

enum { FIXTURE_NUMBERS = 512 };
#define NO_NUMBER UINT64_MAX

static struct network fixture_network;
static char fixture_path[] = "/tmp/altledger-archive-XXXXXX";

static inline void fixture_network_set(unsigned start_block, unsigned depth)
{
    AUTO_ARENA arena = {0};
    const char *text =
        arena_printf(&arena,
                     "{\"name\":\"t\",\"chain_id\":1,\"start_block\":%u,\"contracts\":[{\"kind\":\"erc20\","
                     "\"name\":\"T\",\"address\":\"0x00000000000000000000000000000000000000aa\","
                     "\"from_block\":%u}],\"parameters\":{\"finality_depth_blocks\":%u}}",
                     start_block, start_block, depth);
    network_done(&fixture_network);
    memset(&fixture_network, 0, sizeof fixture_network);
    if (network_parse(text, strlen(text), &fixture_network) != OK)
        fail_msg("%s", err_detail());
}

static inline int fixture_setup(void **state)
{
    (void)state;
    int fd = mkstemp(fixture_path);
    assert(fd >= 0);
    close(fd);
    fixture_network_set(0, 8);
    return 0;
}

static inline int fixture_teardown(void **state)
{
    (void)state;
    network_done(&fixture_network);
    unlink(fixture_path);
    return 0;
}

static inline void fixture_write(struct slice bytes)
{
    FILE *f = fopen(fixture_path, "wb");
    assert(f);
    assert(bytes.n == 0 || fwrite(bytes.p, 1, bytes.n, f) == bytes.n);
    fclose(f);
}

/* Block 7 of branch B: 0xb0..07. */
static inline void block_name(char out[HASH_TEXT + 1], char branch, unsigned number)
{
    snprintf(out, HASH_TEXT + 1, "0x%02x%062x", (unsigned)(unsigned char)branch, number);
}

static inline void write_log(struct buffer *b, const char *hash, unsigned number, unsigned index, const char *address)
{
    buffer_printf(b,
                  "{\"address\":\"0x%s\",\"topics\":[\"0x%064x\"],\"data\":\"0x%08x\",\"blockHash\":\"%s\","
                  "\"blockNumber\":\"0x%x\",\"transactionHash\":\"0x%064x\",\"transactionIndex\":\"0x0\","
                  "\"logIndex\":\"0x%x\",\"removed\":false}",
                  address, number, number, hash, number, number, index);
}

/* Logs 0 and 2 are watched, 1 is a stranger's; every third block has none. */
static inline void write_line(struct buffer *b, char branch, unsigned number, char parent_branch)
{
    char hash[HASH_TEXT + 1], parent[HASH_TEXT + 1] = "";
    block_name(hash, branch, number);
    block_name(parent, parent_branch, number - 1);
    buffer_printf(b, "{\"number\":\"0x%x\",\"hash\":\"%s\",\"parentHash\":\"%s\",\"timestamp\":\"0x%x\",\"logs\":[",
                  number, hash, number ? parent : hash, 1000 + 12 * number);
    for (unsigned i = 0; i < 3 && number % 3; i++) {
        if (i)
            buffer_text(b, ",");
        write_log(b, hash, number, i,
                  i == 1 ? "00000000000000000000000000000000000000bb" : "00000000000000000000000000000000000000aa");
    }
    buffer_text(b, "]}\n");
}

static inline void script_text(const char *script, struct buffer *out)
{
    char branch_at[FIXTURE_NUMBERS] = {0};
    while (*script) {
        char branch = *script++, *end;
        unsigned number = (unsigned)strtoul(script, &end, 10);
        assert(end != script && number < FIXTURE_NUMBERS);
        write_line(out, branch, number, number && branch_at[number - 1] ? branch_at[number - 1] : branch);
        if (branch_at[number] != branch)
            memset(branch_at + number, 0, FIXTURE_NUMBERS - number);
        branch_at[number] = branch;
        for (script = end; *script == ' ';)
            script++;
    }
}

static inline void script_write(const char *script)
{
    AUTO_BUFFER b = {0};
    script_text(script, &b);
    fixture_write((struct slice){b.p, b.n});
}

/* Books: what a mirror would have committed after some steps. */
struct books {
    struct chain_block chain[FIXTURE_NUMBERS * 8];
    size_t n;
    uint64_t finalized, head, safe, mark;
    size_t n_steps, n_blocks, n_logs;
    struct buffer said; /* the transcript */
};

static inline void books_start(struct books *b)
{
    buffer_done(&b->said);
    memset(b, 0, sizeof *b);
    b->finalized = b->safe = NO_NUMBER;
}

static inline void books_say(struct books *b, char what, uint64_t number)
{
    buffer_printf(&b->said, "%s%c%llu", b->said.n ? " " : "", what, (unsigned long long)number);
}

static inline const char *books_said(struct books *b)
{
    buffer_reserve(&b->said, 1);
    b->said.p[b->said.n] = '\0';
    return (const char *)b->said.p;
}

static inline void books_block(struct books *b, const struct block *block)
{
    if (b->n) {
        assert_int_equal(block->number, b->chain[b->n - 1].number + 1);
        assert_true(hash_equal(block->parent_hash, b->chain[b->n - 1].hash));
    }
    assert_int_equal(block->proof, PROOF_ARCHIVE);
    for (size_t i = 0; i < block->n_logs; i++)
        assert_true(i == 0 || block->logs[i].index > block->logs[i - 1].index);
    assert(b->n < sizeof b->chain / sizeof b->chain[0]);
    b->chain[b->n++] = (struct chain_block){block->number, block->hash};
    b->n_blocks++;
    b->n_logs += block->n_logs;
    books_say(b, (char)block->hash.b[0], block->number);
}

static inline void books_step(struct books *b, const struct step *step)
{
    if (step->kind == STEP_REORG) {
        assert_true(b->n && step->fork < b->chain[b->n - 1].number);
        assert_true(b->finalized == NO_NUMBER || step->fork >= b->finalized);
        while (b->n && b->chain[b->n - 1].number > step->fork)
            b->n--;
        books_say(b, '~', step->fork);
    } else {
        assert_int_equal(step->kind, STEP_BLOCKS);
        assert_true(step->n_blocks >= 1);
        for (size_t i = 0; i < step->n_blocks; i++)
            books_block(b, &step->blocks[i]);
    }
    uint64_t last = b->n ? b->chain[b->n - 1].number : step->fork;
    assert_true(step->head == last || step->head == last + 1);
    assert_true(b->finalized == NO_NUMBER || (step->finalized != NO_NUMBER && step->finalized >= b->finalized));
    assert_true(step->finalized == NO_NUMBER || step->finalized <= last);
    assert_true(step->safe == NO_NUMBER || step->safe <= last);
    assert_true(step->finalized == NO_NUMBER || step->safe >= step->finalized);
    b->finalized = step->finalized;
    b->safe = step->safe;
    b->head = step->head;
    b->mark = step->mark;
    b->n_steps++;
}

struct bounds {
    size_t blocks, logs, bytes;
};
static const struct bounds unbounded = {1000000, 1000000, 1 << 30};

static inline enum err archive_open(const char *path, const struct network *network, const struct books *b,
                                    struct bounds bounds, struct source **out)
{
    size_t from = 0; /* as the mirror keeps them: from the finalized block on */
    while (b->finalized != NO_NUMBER && from < b->n && b->chain[from].number < b->finalized)
        from++;
    const struct source_options options = {.network = network,
                                           .locations = &path,
                                           .n_locations = 1,
                                           .booked = b->chain + from,
                                           .n_booked = b->n - from,
                                           .finalized = b->finalized,
                                           .mark = b->mark,
                                           .max_blocks = bounds.blocks,
                                           .max_logs = bounds.logs,
                                           .max_bytes = bounds.bytes};
    return source_archive_open(&options, out);
}

/* Run at most `steps` steps into the books; the last answer. */
static inline enum err archive_run(const char *path, const struct network *network, struct books *b,
                                   struct bounds bounds, size_t steps)
{
    AUTO_ARENA arena = {0};
    struct source *s;
    uint64_t mark = 0;
    enum err e = archive_open(path, network, b, bounds, &s);
    if (e != OK)
        return e;
    for (size_t i = 0; e == OK && i < steps; i++) {
        struct step step;
        arena_reset(&arena);
        e = source_next(s, &arena, &step);
        if (e != OK)
            break;
        assert_true(step.mark >= mark);
        mark = step.mark;
        books_step(b, &step);
    }
    if (e != OK) { /* every end is final */
        struct step step;
        assert_int_equal(source_next(s, &arena, &step), e);
    }
    source_close(s);
    return e;
}

#endif
