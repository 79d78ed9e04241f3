/* tests/ledger/mirror/test_source_archive.c - an archive is given whole, in order, resumably, and its faults are named. */
#include "tests/ledger/mirror/archive_fixture.h"

static struct books books, other;

static enum err run(struct books *b, struct bounds bounds)
{
    return archive_run(fixture_path, &fixture_network, b, bounds, SIZE_MAX);
}

static void expect(const char *script, const char *said)
{
    script_write(script);
    books_start(&books);
    assert_int_equal(run(&books, unbounded), ERR_END);
    assert_string_equal(books_said(&books), said);
}

static void expect_error(const char *script, enum err e, const char *said, const char *detail)
{
    script_write(script);
    books_start(&books);
    assert_int_equal(run(&books, unbounded), e);
    assert_string_equal(books_said(&books), said);
    if (!strstr(err_detail(), detail))
        fail_msg("\"%s\" is not in \"%s\"", detail, err_detail());
}

static void archive__gives_blocks_in_order(void **state)
{
    (void)state;
    expect("A0 A1 A2 A3", "A0 A1 A2 A3");
    assert_int_equal(books.n_logs, 4); /* two watched logs in each of blocks 1 and 2 */
    assert_int_equal(books.n_steps, 1);
    assert_int_equal(books.head, 3);
    assert_int_equal(books.mark, 4);
    assert_true(books.finalized == NO_NUMBER && books.safe == NO_NUMBER);
    expect("", "");
}

static void archive__keeps_watched_logs_as_they_are(void **state)
{
    AUTO_ARENA arena = {0};
    struct source *s;
    struct step step;
    (void)state;
    script_write("A0 A1");
    books_start(&books);
    assert_int_equal(archive_open(fixture_path, &fixture_network, &books, unbounded, &s), OK);
    assert_int_equal(source_next(s, &arena, &step), OK);
    const struct block *b = &step.blocks[1];
    assert_int_equal(b->number, 1);
    assert_int_equal(b->time, 1012);
    assert_int_equal(b->n_logs, 2);
    assert_int_equal(b->logs[0].index, 0);
    assert_int_equal(b->logs[1].index, 2);
    assert_int_equal(b->logs[1].address.b[19], 0xaa);
    assert_int_equal(b->logs[1].n_topics, 1);
    assert_int_equal(b->logs[1].topics[0].b[31], 1);
    assert_int_equal(b->logs[1].tx_hash.b[31], 1);
    assert_int_equal(b->logs[1].data.n, 4);
    assert_memory_equal(b->logs[1].data.p, "\0\0\0\1", 4);
    struct source_health health;
    source_health_get(s, &health);
    assert_true(health.bytes > 100 && health.failures == 0);
    source_close(s);
}

static void archive__finality_follows_the_highest(void **state)
{
    (void)state;
    expect("A0 A1 A2 A3 A4 A5 A6 A7", "A0 A1 A2 A3 A4 A5 A6 A7");
    assert_true(books.finalized == NO_NUMBER);
    expect("A0 A1 A2 A3 A4 A5 A6 A7 A8", "A0 A1 A2 A3 A4 A5 A6 A7 A8");
    assert_int_equal(books.finalized, 0);
    expect("A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 B6 B7", "A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 ~5 B6 B7");
    assert_int_equal(books.finalized, 1);
    assert_int_equal(books.head, 7);
}

static void archive__reorgs(void **state)
{
    (void)state;
    expect("A0 A1 A2 B2 B3", "A0 A1 A2 ~1 B2 B3");
    expect("A0 A1 A2 A3 B3 C2 C3", "A0 A1 A2 A3 ~2 B3 ~1 C2 C3");
    expect("A0 A1 A2 B1 B2 A1 A2 A3", "A0 A1 A2 ~0 B1 B2 ~0 A1 A2 A3");
    expect("A0 A1 B1 C1 D1", "A0 A1 ~0 B1 ~0 C1 ~0 D1");
    expect("A5 A6 B5 B6", "A5 A6 ~4 B5 B6"); /* the whole chain, while nothing of it is final */
}

static void archive__ignores_repeated_blocks(void **state)
{
    (void)state;
    expect("A0 A1 A1 A2 A0 A1 A2 A3 A3", "A0 A1 A2 A3");
    expect("A0 A1 A2 A1 B2 B3", "A0 A1 A2 ~1 B2 B3");
    expect("A0 A1 A2 A1 A2 A3 B3 A2 B3 B4", "A0 A1 A2 A3 ~2 B3 B4");
}

static void archive__refuses_gaps_and_deep_reorgs(void **state)
{
    (void)state;
    expect_error("A0 A1 A3", ERR_FIELD, "A0 A1", "line 3: block 2 is missing");
    expect_error("A3 A4 A2", ERR_FIELD, "A3 A4", "line 3: block 2 is below the first block");
    expect_error("A0 A1 B0", ERR_DEEP_REORG, "A0 A1", "line 3: block 0 is replaced");
    const char *ten = "A0 A1 A2 A3 A4 A5 A6 A7 A8 A9";
    expect_error("A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 B1", ERR_DEEP_REORG, ten,
                 "line 11: block 1 is replaced, but block 1 is final");
    expect("A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 B2", "A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 ~1 B2");
    /* depth counts from the highest block seen, not from the tip of the shorter branch */
    expect_error("A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 B2 B3 C1", ERR_DEEP_REORG, "A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 ~1 B2 B3",
                 "line 13: block 1");
}

static const char *edited_script = "A0 A1 A2";

/* One line of the script is edited: what is found in it is replaced. */
static void edited(unsigned line, const char *find, const char *put, enum err e, const char *said, const char *detail)
{
    AUTO_BUFFER in = {0}, out = {0};
    script_text(edited_script, &in);
    buffer_u8(&in, 0);
    const char *at = (const char *)in.p;
    for (; line > 1; line--)
        at = strchr(at, '\n') + 1;
    at = strstr(at, find);
    assert_non_null(at);
    buffer_bytes(&out, in.p, (size_t)(at - (const char *)in.p));
    buffer_text(&out, put);
    buffer_text(&out, at + strlen(find));
    fixture_write((struct slice){out.p, out.n});
    books_start(&books);
    enum err got = run(&books, unbounded);
    if (got != e || strcmp(books_said(&books), said) != 0 || (e != ERR_END && !strstr(err_detail(), detail)))
        fail_msg("%s for %s: %s, \"%s\", \"%s\"", put, find, err_slug(got), books_said(&books), err_detail());
}

static void archive__names_the_broken_line(void **state)
{
    (void)state;
    edited(2, "{\"number", "{number", ERR_FIELD, "A0", "line 2: ");
    edited(2, "\"number\":\"0x1\"", "\"number\":1", ERR_FIELD, "A0", "line 2: number: not a string");
    edited(2, "\"number\":\"0x1\"", "\"number\":\"0x01\"", ERR_FIELD, "A0", "line 2: number");
    edited(2, "\"number\":\"0x1\"", "\"number\":\"0x80000000\"", ERR_FIELD, "A0", "line 2: number: too large");
    edited(2, "\"hash\":\"0x", "\"hash\":\"0x0", ERR_FIELD, "A0", "line 2: hash");
    edited(2, "\"parentHash\":\"0x41", "\"parentHash\":\"0x42", ERR_FIELD, "A0",
           "line 2: parentHash of block 1 is not");
    edited(2, "\"timestamp\":\"0x", "\"timestamp\":\"0x ", ERR_FIELD, "A0", "line 2: timestamp");
    edited(2, "\"timestamp\":\"0x", "\"timestamp\":\"0x8000000000000", ERR_FIELD, "A0", "line 2: timestamp");
    edited(2, "\"timestamp\":\"0x", "\"timestamp\":\"0x1000000000", ERR_FIELD, "A0", "line 2: timestamp");
    edited(2, "\"timestamp\":\"0x", "\"timestamp\":\"-0x", ERR_FIELD, "A0", "line 2: timestamp");
    edited(2, "\"logs\":[", "\"rows\":[", ERR_FIELD, "A0", "line 2: logs: not an array");
    edited(3, "\"logs\":[", "\"logs\":[7,", ERR_FIELD, "A0 A1", "line 3: logs[0]: log: not an object");
    edited(1, "{", "[{", ERR_FIELD, "", "line 1: ");
    edited(1, "{", "7", ERR_FIELD, "", "line 1: ");
    edited(1, "{\"number\":\"0x0\"", "{\"number\":\"0x0\",\"number\":\"0x0\"", ERR_FIELD, "", "line 1: ");
    edited(2, "}\n{", "}\n\n\n{", ERR_END, "A0 A1 A2", "");
    edited(2, "{\"number", "{\"transactions\":[{\"accessList\":[{\"storageKeys\":[]}]}],\"number", ERR_END, "A0 A1 A2",
           "");
}

static void archive__refuses_a_branch_of_another_parent(void **state)
{
    (void)state;
    edited_script = "A0 A1 A2 B2";
    edited(4, "\"parentHash\":\"0x41", "\"parentHash\":\"0x42", ERR_FIELD, "A0 A1 A2",
           "line 4: parentHash of block 2 is not");
    edited_script = "A0 A1 A2";
}

static void archive__refuses_logs_out_of_place(void **state)
{
    (void)state;
    edited(3, "\"blockNumber\":\"0x2\"", "\"blockNumber\":\"0x1\"", ERR_FIELD, "A0 A1",
           "line 3: logs[0]: is of another block");
    edited(3, "\"blockHash\":\"0x41", "\"blockHash\":\"0x42", ERR_FIELD, "A0 A1",
           "line 3: logs[0]: is of another block");
    edited(3, "\"logIndex\":\"0x1\"", "\"logIndex\":\"0x0\"", ERR_FIELD, "A0 A1",
           "line 3: logs[1]: logIndex 0 does not follow 0");
    edited(3, "\"logIndex\":\"0x0\"", "\"logIndex\":\"0x3\"", ERR_FIELD, "A0 A1",
           "line 3: logs[1]: logIndex 1 does not follow 3");
    edited(3, "\"removed\":false", "\"removed\":true", ERR_FIELD, "A0 A1", "line 3: logs[0]: log 0 is removed");
    edited(3, "\"removed\":false", "\"removed\":0", ERR_FIELD, "A0 A1", "line 3: logs[0]: removed");
    edited(3, "\"data\":\"0x", "\"data\":\"0x0", ERR_FIELD, "A0 A1", "line 3: logs[0]: data");
    edited(3, "\"topics\":[", "\"topics\":[0,", ERR_FIELD, "A0 A1", "line 3: logs[0]: topics[0]");
    edited(3, "\"address\":\"0x00", "\"address\":\"0x0g", ERR_FIELD, "A0 A1", "line 3: logs[0]: address");
    edited(3, "\"logIndex\":\"0x2\"", "\"logIndex\":\"0x7f\"", ERR_END, "A0 A1 A2", ""); /* rising is enough */
}

static void archive__truncated_gzip_gives_what_is_whole(void **state)
{
    AUTO_BUFFER text = {0}, packed = {0};
    (void)state;
    for (unsigned i = 0; i < 300; i++)
        write_line(&text, 'A', i, 'A');
    gzip_compress((struct slice){text.p, text.n}, &packed);
    fixture_write((struct slice){packed.p, packed.n});
    books_start(&books);
    assert_int_equal(run(&books, unbounded), ERR_END);
    assert_int_equal(books.n, 300);
    size_t last = 300;
    for (size_t cut = packed.n - 1; cut > 20; cut -= packed.n / 7) {
        fixture_write((struct slice){packed.p, cut});
        books_start(&books);
        assert_int_equal(run(&books, (struct bounds){16, 1000, 1 << 20}), ERR_IO);
        assert_true(strlen(err_detail()) > 0);
        assert_true(books.n <= last);
        last = books.n;
        if (cut < packed.n / 7 + 21)
            break;
    }
    assert_true(last < 300);
}

static void archive__last_line_needs_no_newline(void **state)
{
    AUTO_BUFFER text = {0};
    (void)state;
    script_text("A0 A1", &text);
    fixture_write((struct slice){text.p, text.n - 1});
    books_start(&books);
    assert_int_equal(run(&books, unbounded), ERR_END);
    assert_string_equal(books_said(&books), "A0 A1");
    fixture_write((struct slice){text.p, text.n - 2}); /* cut inside the last line */
    books_start(&books);
    assert_int_equal(run(&books, unbounded), ERR_FIELD);
    assert_string_equal(books_said(&books), "A0");
}

static const char *const scripts[] = {
    "A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12",
    "A0 A1 A2 B2 B3 B4 C3 C4 D4 D5 D6",
    "A0 A1 A2 B1 B2 A1 A2 A3 B3 B4 A3 A4 A5",
    "A0 A1 A1 A2 A0 A1 A2 A3 A3 B3 B3 B4 A2 B4 B5",
    "A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 B2 B3 B4 B5 B6 B7 B8 B9 B10 C9 C10 C11",
};
enum { SCRIPTS = sizeof scripts / sizeof scripts[0] };

static void archive__any_bounds_give_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCRIPTS; i++) {
        script_write(scripts[i]);
        books_start(&books);
        assert_int_equal(run(&books, unbounded), ERR_END);
        for (size_t bound = 0; bound < 8; bound++) {
            const struct bounds bounds[] = {{bound, 1000, 1 << 20}, {1000, bound, 1 << 20}, {1000, 1000, bound * 300}};
            for (size_t k = 0; k < 3; k++) {
                books_start(&other);
                assert_int_equal(run(&other, bounds[k]), ERR_END);
                assert_string_equal(books_said(&other), books_said(&books));
                assert_int_equal(other.n_logs, books.n_logs);
                assert_int_equal(other.mark, books.mark);
                assert_int_equal(other.finalized, books.finalized);
                assert_int_equal(other.head, books.head);
            }
        }
    }
}

static void archive__bounds_hold(void **state)
{
    AUTO_ARENA arena = {0};
    struct source *s;
    struct step step;
    (void)state;
    script_write("A0 A1 A2 A3 A4 A5 A6 A7");
    books_start(&books);
    assert_int_equal(archive_open(fixture_path, &fixture_network, &books, (struct bounds){3, 1000, 1 << 20}, &s), OK);
    assert_int_equal(source_next(s, &arena, &step), OK);
    assert_int_equal(step.n_blocks, 3);
    assert_int_equal(step.head, 3); /* more follows */
    source_close(s);
    assert_int_equal(archive_open(fixture_path, &fixture_network, &books, (struct bounds){100, 5, 1 << 20}, &s), OK);
    assert_int_equal(source_next(s, &arena, &step), OK);
    assert_int_equal(step.n_blocks, 4); /* blocks 1 and 2 have two logs each, 4 would make it six */
    source_close(s);
    assert_int_equal(archive_open(fixture_path, &fixture_network, &books, (struct bounds){100, 0, 0}, &s), OK);
    assert_int_equal(source_next(s, &arena, &step), OK);
    assert_int_equal(step.n_blocks, 1);
    source_close(s);
    /* block 0 has no logs, block 1 two of four bytes of data */
    const size_t two = 2 * sizeof(struct block) + 2 * (sizeof(struct log) + 4);
    for (size_t less = 0; less < 2; less++) {
        assert_int_equal(archive_open(fixture_path, &fixture_network, &books, (struct bounds){9, 99, two - less}, &s),
                         OK);
        assert_int_equal(source_next(s, &arena, &step), OK);
        assert_int_equal(step.n_blocks, 2 - less);
        source_close(s);
    }
}

/* Stop after every step, open anew with what was booked, and the rest is as if nothing had happened. */
static void archive__resumes_after_every_step(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCRIPTS; i++) {
        script_write(scripts[i]);
        for (size_t per_step = 1; per_step < 4; per_step++) {
            const struct bounds bounds = {per_step, 1000, 1 << 20};
            books_start(&books);
            assert_int_equal(run(&books, bounds), ERR_END);
            for (size_t steps = 0; steps <= books.n_steps; steps++) {
                books_start(&other);
                assert_int_equal(archive_run(fixture_path, &fixture_network, &other, bounds, steps), OK);
                assert_int_equal(run(&other, bounds), ERR_END);
                assert_string_equal(books_said(&other), books_said(&books));
                assert_int_equal(other.finalized, books.finalized);
                assert_int_equal(other.mark, books.mark);
            }
            books_start(&other); /* and stopping after each of them */
            while (archive_run(fixture_path, &fixture_network, &other, bounds, 1) == OK)
                ;
            assert_string_equal(books_said(&other), books_said(&books));
        }
    }
}

static void book(const char *script)
{
    script_write(script);
    books_start(&books);
    assert_int_equal(run(&books, unbounded), ERR_END);
    buffer_reset(&books.said);
}

static void then(const char *script, enum err e, const char *said)
{
    script_write(script);
    books.n_blocks = 0;
    enum err got = run(&books, unbounded);
    if (got != e || strcmp(books_said(&books), said) != 0)
        fail_msg("%s: %s (%s), \"%s\"", script, err_slug(got), err_detail(), books_said(&books));
}

static void archive__another_file_joins_the_books(void **state)
{
    (void)state;
    book("A0 A1 A2 A3");
    then("A0 A1 A2 A3 A4 A5", ERR_END, "A4 A5"); /* the same, grown */
    book("A0 A1 A2 B2 B3");
    then("A0 A1 B2 B3 B4", ERR_END, "B4"); /* without what was replaced */
    book("A0 A1 B1 B2");
    then("A0 A1 C1 A1 A2 B1 B2 B3", ERR_END, "B3"); /* with more of it */
    book("A0 A1 A2 A3");
    then("A4 A5", ERR_END, "A4 A5"); /* what follows */
    book("A0 A1 A2 A3");
    then("A5 A6", ERR_FIELD, ""); /* a gap */
    book("A0 A1 A2 A3");
    then("A0 A1 A2", ERR_END, ""); /* an older one */
    book("A0 A1 A2 A3");
    then("A2 B3 B4", ERR_END, "~2 B3 B4"); /* another branch */
    book("A0 A1 A2 A3");
    then("A1 A2 A3 A4 A3 A5", ERR_END, "A4 A5"); /* its head is repeated further up */
    book("A0 A1 A2 A3");
    then("B0 B1 B2 B3 B4", ERR_DEEP_REORG, ""); /* another chain */
    book("A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 A10");
    then("B0 B1 A2 A3 A4 A5 A6 A7 A8 A9 A10", ERR_END, "");
    then("B0 B1 B2 B3", ERR_DEEP_REORG, "");
    book("A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 A10");
    then("A0 A1 A2 B3", ERR_END, "~2 B3");
    book("A0 A1 A2 A3");
    then("", ERR_END, "");
    book("A0 A1 A2 A3 A4 A5");
    books.chain[2] = books.chain[3], books.chain[3] = books.chain[4], books.chain[4] = books.chain[5], books.n = 5;
    then("A3 A4 B5 B6", ERR_END, "~4 B5 B6"); /* booked from a node, which gives no header of block 2 */
}

/* After 11 blocks block 2 is final. A branch may fork from it after a restart as before it, but not below. */
static void archive__forks_from_the_final_block_after_a_restart(void **state)
{
    (void)state;
    book("A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 A10");
    assert_int_equal(books.finalized, 2);
    then("A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 B3 B4", ERR_END, "~2 B3 B4");
    book("A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 A10");
    then("A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 B2", ERR_DEEP_REORG, "");
}

static void archive__blocks_before_the_start_are_passed_over(void **state)
{
    (void)state;
    fixture_network_set(3, 8);
    expect("A0 A1 A2 A3 A4", "A3 A4");
    expect("A0 A1 B1 B2 C2 C3 C4", "C3 C4");
    expect("A1 A2 A3 A4 B2 B3", "A3 A4 ~1 B3");
    expect("A0 A1", "");
    expect("A7 A8", "A7 A8");
    expect_error("A0 A2 A3", ERR_FIELD, "", "line 2: block 1 is missing");
    expect("A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 A10", "A3 A4 A5 A6 A7 A8 A9 A10");
    assert_true(books.finalized == NO_NUMBER); /* 2, which is not booked */
    expect("A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11", "A3 A4 A5 A6 A7 A8 A9 A10 A11");
    assert_int_equal(books.finalized, 3);
    fixture_network_set(0, 8);
}

static void archive__stops_when_told(void **state)
{
    AUTO_ARENA arena = {0};
    atomic_bool stop = false;
    const char *path = fixture_path;
    const struct source_options options = {.network = &fixture_network,
                                           .locations = &path,
                                           .n_locations = 1,
                                           .finalized = NO_NUMBER,
                                           .stop = &stop,
                                           .max_blocks = 1,
                                           .max_logs = 10,
                                           .max_bytes = 10000};
    struct source *s;
    struct step step;
    (void)state;
    script_write("A0 A1 A2");
    assert_int_equal(source_open(&options, &s), OK);
    assert_int_equal(source_next(s, &arena, &step), OK);
    atomic_store(&stop, true);
    assert_int_equal(source_next(s, &arena, &step), ERR_STOPPED);
    source_close(s);
}

static void source_open__refuses_what_is_no_source(void **state)
{
    const char *missing[] = {"/nonexistent/chain.ndjson.gz"}, *directory[] = {"/tmp"};
    const char *mixed[] = {"http://127.0.0.1:1", "/tmp/chain.ndjson.gz"}, *two[] = {"a.ndjson", "b.ndjson"};
    struct source_options options = {.network = &fixture_network, .finalized = NO_NUMBER, .n_locations = 1};
    struct source *s;
    (void)state;
    options.locations = missing;
    assert_int_equal(source_open(&options, &s), ERR_CONFIG);
    assert_non_null(strstr(err_detail(), "/nonexistent/chain.ndjson.gz"));
    options.locations = directory;
    assert_int_equal(source_open(&options, &s), ERR_CONFIG);
    options.n_locations = 0;
    assert_int_equal(source_open(&options, &s), ERR_CONFIG);
    options.n_locations = 2;
    options.locations = mixed;
    assert_int_equal(source_open(&options, &s), ERR_CONFIG);
    options.locations = two;
    assert_int_equal(source_open(&options, &s), ERR_CONFIG);
}

static void golden(const char *folder, size_t n_blocks, size_t n_logs)
{
    AUTO_ARENA arena = {0};
    struct network network = {0};
    const char *path = arena_printf(&arena, "tests/data/chains/%s/chain.ndjson.gz", folder);
    const struct bounds bounds = {100, 5000, 4 << 20};
    if (network_load(arena_printf(&arena, "tests/data/chains/%s/network.json", folder), &network) != OK)
        fail_msg("%s", err_detail());
    books_start(&books);
    assert_int_equal(archive_run(path, &network, &books, unbounded, SIZE_MAX), ERR_END);
    assert_int_equal(books.n_blocks, n_blocks);
    assert_int_equal(books.n_logs, n_logs);
    assert_int_equal(books.finalized, n_blocks - 1 - FINALITY_DEPTH_DEFAULT);
    assert_int_equal(books.safe, n_blocks - 1 - ARCHIVE_SAFE_DEPTH);
    books_start(&other);
    while (archive_run(path, &network, &other, bounds, 1) == OK)
        ;
    assert_string_equal(books_said(&other), books_said(&books));
    assert_int_equal(other.n_logs, n_logs);
    assert_true(other.n_steps >= n_blocks / 100);
    network_done(&network);
}

static void archive__golden_chains(void **state)
{
    (void)state;
    golden("seed13", 277, 3218); /* of 3238 and 32909: 20 are of contracts that the network does not name */
    golden("seed7", 1591, 32889);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(archive__gives_blocks_in_order),
        cmocka_unit_test(archive__keeps_watched_logs_as_they_are),
        cmocka_unit_test(archive__finality_follows_the_highest),
        cmocka_unit_test(archive__reorgs),
        cmocka_unit_test(archive__ignores_repeated_blocks),
        cmocka_unit_test(archive__refuses_gaps_and_deep_reorgs),
        cmocka_unit_test(archive__names_the_broken_line),
        cmocka_unit_test(archive__refuses_a_branch_of_another_parent),
        cmocka_unit_test(archive__refuses_logs_out_of_place),
        cmocka_unit_test(archive__truncated_gzip_gives_what_is_whole),
        cmocka_unit_test(archive__last_line_needs_no_newline),
        cmocka_unit_test(archive__any_bounds_give_the_same),
        cmocka_unit_test(archive__bounds_hold),
        cmocka_unit_test(archive__resumes_after_every_step),
        cmocka_unit_test(archive__another_file_joins_the_books),
        cmocka_unit_test(archive__forks_from_the_final_block_after_a_restart),
        cmocka_unit_test(archive__blocks_before_the_start_are_passed_over),
        cmocka_unit_test(archive__stops_when_told),
        cmocka_unit_test(source_open__refuses_what_is_no_source),
        cmocka_unit_test(archive__golden_chains),
    };
    int failed = cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
    buffer_done(&books.said);
    buffer_done(&other.said);
    return failed;
}
