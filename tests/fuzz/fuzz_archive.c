/* tests/fuzz/fuzz_archive.c - any file is read the same in any steps; any order of blocks does what a plain model says. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ledger/mirror/source.h"
#include "ledger/mirror/source_archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { DEPTH = 6, BLOCKS_MAX = 4096 };

static struct network network = {.finality_depth_blocks = DEPTH};

/* What was given: 'branch and number' or '~ and fork', one after the other; and the chain as it stands. */
struct books {
    struct buffer said;
    struct chain_block chain[BLOCKS_MAX];
    size_t n;
    uint64_t finalized, mark;
};
static struct books whole, stepwise;

static void books_start(struct books *b)
{
    buffer_reset(&b->said);
    b->n = 0;
    b->finalized = UINT64_MAX;
    b->mark = 0;
}

static void say(struct buffer *said, uint8_t what, uint64_t number)
{
    buffer_u8(said, what);
    buffer_be64(said, number);
}

static void book(struct books *b, const struct step *step)
{
    if (step->kind == STEP_REORG) {
        assert(b->n && step->fork < b->chain[b->n - 1].number);
        assert(b->finalized == UINT64_MAX || step->fork >= b->finalized);
        while (b->n && b->chain[b->n - 1].number > step->fork)
            b->n--;
        say(&b->said, '~', step->fork);
    }
    for (size_t i = 0; i < step->n_blocks && b->n < BLOCKS_MAX; i++) {
        const struct block *k = &step->blocks[i];
        assert(b->n == 0 ||
               (k->number == b->chain[b->n - 1].number + 1 && hash_equal(k->parent_hash, b->chain[b->n - 1].hash)));
        b->chain[b->n++] = (struct chain_block){k->number, k->hash};
        say(&b->said, k->hash.b[0], k->number);
    }
    b->finalized = step->finalized;
    b->mark = step->mark;
}

static enum err run(const char *path, struct books *b, size_t max_blocks, size_t steps)
{
    AUTO_ARENA arena = {0};
    struct source *s;
    size_t from = 0;
    while (b->finalized != UINT64_MAX && from < b->n && b->chain[from].number < b->finalized)
        from++;
    const struct source_options options = {.network = &network,
                                           .locations = &path,
                                           .n_locations = 1,
                                           .booked = b->chain + from,
                                           .n_booked = b->n - from,
                                           .finalized = b->finalized,
                                           .mark = b->mark,
                                           .max_blocks = max_blocks,
                                           .max_logs = 100000,
                                           .max_bytes = 1 << 24};
    enum err e = source_archive_open(&options, &s);
    assert(e == OK);
    for (size_t i = 0; e == OK && i < steps; i++) {
        struct step step;
        arena_reset(&arena);
        e = source_next(s, &arena, &step);
        if (e == OK)
            book(b, &step);
    }
    source_close(s);
    return e;
}

/* Each byte is a block: its branch (2 bits) and how far below the tip's child it lies. The model is the contract in words:
 * equal to the one there: ignored; next: appended; not above `highest - depth`: refused; else a reorg. */
static enum err script(const uint8_t *bytes, size_t size, struct buffer *file, struct buffer *said)
{
    uint8_t at[BLOCKS_MAX + 1] = {0}; /* the branch of the block there */
    long tip = -1, highest = -1;
    enum err e = OK;
    for (size_t i = 0; i < size && i < BLOCKS_MAX; i++) {
        uint8_t branch = 'A' + (bytes[i] & 3);
        long number = tip + 1 - (bytes[i] >> 2 & 7);
        if (bytes[i] == 0xff && tip >= 0)
            number = tip + 2; /* a gap */
        if (number < 0)
            continue;
        uint8_t parent = number > 0 && number <= tip + 1 ? at[number - 1] : 'A';
        /* A block of one branch has one parent: where the branch differs from the one that is there, it is a new one. */
        uint8_t own = (uint8_t)(branch + 4 * (i % 16));
        if (number > 0 && number <= tip && (at[number] & 3) == (branch & 3))
            own = at[number];
        /* Below the final block a source remembers what it gave itself, not what was given before it was opened. */
        if (number < highest - DEPTH && at[number] == own)
            continue;
        buffer_printf(file,
                      "{\"number\":\"0x%lx\",\"hash\":\"0x%02x%062lx\",\"parentHash\":\"0x%02x%062lx\","
                      "\"timestamp\":\"0x1\",\"logs\":[]}\n",
                      number, own, number, parent, number ? number - 1 : 0);
        if (e != OK || (number <= tip && at[number] == own))
            continue;
        if (number > tip + 1) {
            e = ERR_FIELD;
        } else if (number <= tip && (number <= highest - DEPTH || number == 0)) {
            e = ERR_DEEP_REORG;
        } else {
            if (number <= tip)
                say(said, '~', (uint64_t)number - 1);
            say(said, own, (uint64_t)number);
            at[number] = own;
            tip = number;
            highest = tip > highest ? tip : highest;
        }
    }
    return e == OK ? ERR_END : e;
}

static bool same(const struct buffer *a, const struct buffer *b)
{
    return a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, a->n) == 0);
}

static void read_in_all_ways(const char *path, size_t stop_after, bool resumes, enum err *out)
{
    books_start(&whole);
    *out = run(path, &whole, 100000, SIZE_MAX);
    assert(*out == ERR_END || *out == ERR_FIELD || *out == ERR_DEEP_REORG || *out == ERR_IO);
    if (whole.n == BLOCKS_MAX)
        return;
    books_start(&stepwise);
    enum err e = run(path, &stepwise, 1 + stop_after % 3, stop_after);
    if (!resumes || stepwise.n == 0) { /* books without a block begin the file anew, whatever they left */
        books_start(&stepwise);
        e = OK;
    }
    if (e == OK)
        e = run(path, &stepwise, 1 + stop_after % 3, SIZE_MAX);
    assert(e == *out);
    assert(same(&whole.said, &stepwise.said));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    AUTO_BUFFER file = {0};
    AUTO_BUFFER said = {0};
    char path[64];
    if (size < 2)
        return 0;
    bool scripted = bytes[0] == 's';
    enum err expected = ERR_END, got;
    if (scripted)
        expected = script(bytes + 2, size - 2, &file, &said);
    else
        buffer_bytes(&file, bytes + 2, size - 2);
    int fd = memfd_create("archive", MFD_CLOEXEC);
    assert(fd >= 0 && (file.n == 0 || write(fd, file.p, file.n) == (ssize_t)file.n));
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    read_in_all_ways(path, bytes[1], scripted, &got);
    close(fd);
    if (scripted && whole.n < BLOCKS_MAX) {
        assert(got == expected);
        assert(same(&whole.said, &said));
    }
    return 0;
}
