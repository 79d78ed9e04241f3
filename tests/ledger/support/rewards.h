/* tests/ledger/support/rewards.h - books filled by hand for rewards, and what was computed as a text that can be compared.
 *
 * Operators, stakers, strategies, AVSs, tokens and submissions are small numbers: the last bytes of their addresses and hashes. A day of the
 * tests' chain is a number, and so is the block with which it ends: day 100 ends with block 100 unless a test says otherwise. */
#ifndef TESTS_LEDGER_SUPPORT_REWARDS_H
#define TESTS_LEDGER_SUPPORT_REWARDS_H

#include <stdio.h>
#include <string.h>

#include "ledger/reward_compute.h"
#include "tests/support/pg.h"
#include "tests/support/unit.h"

enum { COORDINATOR = 0xc0, TOKEN = 0x70, FIRST_DAY = 100, TEXT_MAX = 8192 };
/* AVSs, operators, strategies (BEACON: beacon chain ETH), stakers. */
enum { AVS = 0x21, OTHER_AVS, OP = 0x11, OP2, OP3, S1 = 0x51, S2, BEACON = 190, ANN = 0x31, BOB, EVE, DAN };

struct stage {
    struct db *db;
    struct reward_terms terms;
    struct reward_computed computed;
    char text[TEXT_MAX];
};

/* Functions of the session: a(n) an address, h(n) a hash, p(block, ordinal) a position, held() a balance from a block on. */
static const char stage_sql[] =
    "SET search_path = ledger;"
    "CREATE FUNCTION pg_temp.a(n bigint) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$"
    " SELECT CASE WHEN n = 190 THEN '\\xbeac0eeeeeeeeeeeeeeeeeeeeeeeeeeeeeebeac0'"
    "             ELSE decode(lpad(to_hex(n), 40, '0'), 'hex') END $$;"
    "CREATE FUNCTION pg_temp.h(n bigint) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$"
    " SELECT decode(lpad(to_hex(n), 64, '0'), 'hex') $$;"
    "CREATE SEQUENCE pg_temp.ordinal;"
    "CREATE FUNCTION pg_temp.p(block bigint) RETURNS bigint LANGUAGE sql AS $$"
    " SELECT block << 32 | nextval('pg_temp.ordinal') $$;"
    "CREATE FUNCTION pg_temp.held(of_book int, of_asset bigint, of_owner bigint, of_second bytea, block bigint, v numeric)"
    " RETURNS void LANGUAGE plpgsql AS $$"
    " DECLARE i bigint := (SELECT id FROM account WHERE book = of_book AND asset = pg_temp.a(of_asset)"
    "                         AND owner = pg_temp.a(of_owner) AND second = of_second);"
    " BEGIN"
    "  IF i IS NULL THEN"
    "   i := (SELECT coalesce(max(id), 0) + 1 FROM account);"
    "   INSERT INTO account VALUES (i, of_book, pg_temp.a(of_asset), pg_temp.a(of_owner), of_second, block);"
    "  END IF;"
    "  INSERT INTO entry VALUES (i, pg_temp.p(block), 0, 0, 0, v, 0);"
    " END $$";

__attribute__((format(printf, 2, 3))) static inline void says(struct stage *s, const char *format, ...)
{
    char sql[4096];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(sql, sizeof sql, format, args);
    va_end(args);
    assert_true(n > 0 && (size_t)n < sizeof sql);
    if (db_script(s->db, sql) != OK)
        fail_msg("%s: %s", sql, err_detail());
}

static inline void stage_open(struct stage *s)
{
    *s = (struct stage){.terms = {.wanted = true, .default_split_bips = REWARD_DEFAULT_SPLIT_BIPS}};
    s->terms.coordinator.b[19] = COORDINATOR;
    s->db = pg_open(pg_admin(pg_fresh()), NULL);
    says(s, "%s", stage_sql);
}

static inline void stage_done(struct stage *s)
{
    reward_computed_done(&s->computed);
    db_close(s->db);
}

/* ---- the books ---- */

/* A day that ended with the block of its number; the next block was of `next_day`. */
static inline void day_ends(struct stage *s, int day, int next_day)
{
    says(s, "INSERT INTO reward_day VALUES (%d, pg_temp.p(%d), -2, %d, %d)", day, next_day, next_day, day);
}

static inline void days_end(struct stage *s, int first, int last)
{
    for (int day = first; day <= last; day++)
        day_ends(s, day, day + 1);
}

static inline void submitted(struct stage *s, enum reward_kind kind, int submission, int avs, int set,
                             const char *amount, int first_day, int days, int event_day)
{
    says(s,
         "INSERT INTO reward_submission VALUES (pg_temp.h(%d), pg_temp.p(%d), 0, %d, pg_temp.a(%d), pg_temp.a(%d),"
         " pg_temp.a(%d), %d, 0, pg_temp.a(%d), %s, %lld, %lld, %d, '')",
         submission, event_day, kind, COORDINATOR, avs, avs, set, TOKEN, amount, first_day * 86400LL, days * 86400LL,
         event_day);
}

static inline void counts(struct stage *s, int submission, int strategy, const char *multiplier)
{
    says(s,
         "INSERT INTO reward_strategy SELECT r.submission, (SELECT count(*) FROM reward_strategy), r.position, 0,"
         " pg_temp.a(%d), %s FROM reward_submission r WHERE r.submission = pg_temp.h(%d)",
         strategy, multiplier, submission);
}

static inline void lists(struct stage *s, int submission, int operator, const char * amount)
{
    says(s,
         "INSERT INTO reward_operator SELECT r.submission, (SELECT count(*) FROM reward_operator), r.position, 0,"
         " pg_temp.a(%d), %s FROM reward_submission r WHERE r.submission = pg_temp.h(%d)",
         operator, amount, submission);
}

static inline void registers(struct stage *s, int operator, int avs, int block, bool registered)
{
    says(s, "INSERT INTO avs_registration VALUES (pg_temp.a(%d), pg_temp.a(%d), pg_temp.p(%d), 0, %s)", operator, avs,
         block, registered ? "true" : "false");
}

static inline void joins(struct stage *s, int operator, int avs, int set, int block, bool registered,
                         int slashable_until)
{
    says(s, "INSERT INTO operator_set_member VALUES (pg_temp.a(%d), pg_temp.a(%d), %d, pg_temp.p(%d), 0, %s, %d)",
            operator, avs, set, block, registered ? "true" : "false", slashable_until);
}

static inline void set_has(struct stage *s, int avs, int set, int strategy, int block, bool included)
{
    says(s, "INSERT INTO operator_set_strategy VALUES (pg_temp.a(%d), pg_temp.a(%d), %d, pg_temp.p(%d), 0, %s)", avs,
         strategy, set, block, included ? "true" : "false");
}

static inline void allocates(struct stage *s, int operator, int avs, int set, int strategy, int block,
                             const char *current, const char *pending, int effect_block)
{
    says(
        s,
        "INSERT INTO allocation VALUES (pg_temp.a(%d), pg_temp.a(%d), %d, pg_temp.a(%d), pg_temp.p(%d), 0, %s, %s, %d)",
        operator, avs, set, strategy, block, current, pending, effect_block);
}

static inline void slashed_to(struct stage *s, int operator, int strategy, int block, const char *magnitude)
{
    says(s, "INSERT INTO max_magnitude VALUES (pg_temp.a(%d), pg_temp.a(%d), pg_temp.p(%d), 0, %s)", operator, strategy,
         block, magnitude);
}

static inline void has_shares(struct stage *s, int operator, int strategy, int block, const char *shares)
{
    says(s, "SELECT pg_temp.held(8, %d, %d, '', %d, %s)", strategy, operator, block, shares);
}

static inline void deposits(struct stage *s, int staker, int strategy, int block, const char *shares)
{
    says(s, "SELECT pg_temp.held(6, %d, %d, '', %d, %s)", strategy, staker, block, shares);
}

static inline void delegates(struct stage *s, int staker, int operator, int block)
{
    says(s, "INSERT INTO delegation VALUES (pg_temp.a(%d), pg_temp.p(%d), 0, pg_temp.a(%d))", staker, block, operator);
}

/* operator_set REWARD_NO_SET: of the AVS; AVS 0: programmatic incentives. `active`: unix seconds. */
static inline void splits(struct stage *s, int operator, int avs, int set, int block, long long active, int before,
                          int after, bool first)
{
    says(
        s,
        "INSERT INTO reward_split VALUES (pg_temp.a(%d), pg_temp.a(%d), %d, pg_temp.a(%d), pg_temp.p(%d), 0, %lld, %d, %d,"
        " %s)",
        operator, avs, set, COORDINATOR, block, active, before, after, first ? "true" : "false");
}

static inline void default_split(struct stage *s, int block, int bips)
{
    says(s, "INSERT INTO reward_setting VALUES (2, pg_temp.a(%d), pg_temp.p(%d), 0, %d, pg_temp.a(0))", COORDINATOR,
         block, bips);
}

/* ---- what is computed ---- */

static inline unsigned number_of(const uint8_t *last)
{
    return (unsigned)last[-1] << 8 | last[0];
}

static inline void put(struct buffer *b, const char *name, struct amount a)
{
    char text[AMOUNT_TEXT + 1];
    if (amount_is_zero(a))
        return;
    amount_format(a, text);
    buffer_printf(b, " %s%s", name, text);
}

static inline void put_part(struct buffer *b, const struct reward_computed *c, const struct reward_part *p)
{
    char weight[TOTAL_TEXT + 1];
    total_format(p->weight, weight);
    buffer_printf(b, "; %x w%s", number_of(&p->operator.b[19]), weight);
    put(b, "t", p->tokens);
    if (p->split_bips != REWARD_DEFAULT_SPLIT_BIPS)
        buffer_printf(b, " b%lld", (long long)p->split_bips);
    for (size_t i = p->first; i < p->first + p->n; i++) {
        const struct reward_payment *payment = &c->payments[i];
        const char roles[] = {0, '*', ':', 0, 0};
        char name[16];
        snprintf(name, sizeof name, "%x%c", number_of(&payment->earner.b[19]), roles[payment->role]);
        put(b, name, payment->amount);
    }
    put(b, "left ", p->remainder);
}

/* "submission day[xdays][>paid day] tokens ...; operator weight tokens ... earner*commission earner:amount ...", a pool a line. What is zero,
 * one day and paid with its day, and the default split are left out. */
static inline void put_pool(struct buffer *b, const struct reward_computed *c, const struct reward_pool *p)
{
    static const char *const reasons[] = {"", " nobody", " before-history", " no-days"};
    buffer_printf(b, "%s%u %lld", b->n == 0 ? "" : "\n", number_of(&p->submission.b[31]), (long long)p->day);
    if (p->days != 1)
        buffer_printf(b, "x%lld", (long long)p->days);
    if (p->paid_day != p->day)
        buffer_printf(b, ">%lld", (long long)p->paid_day);
    if (p->snapshot_block != p->day)
        buffer_printf(b, " @%lld", (long long)p->snapshot_block);
    buffer_text(b, reasons[p->reason]);
    put(b, "t", p->tokens);
    put(b, "refund ", p->refund);
    put(b, "treasury ", p->treasury);
    put(b, "burned ", p->burned);
    put(b, "left ", p->remainder);
    put(b, "rest ", p->rest);
    for (size_t i = 0; i < p->n_parts; i++)
        put_part(b, c, &c->parts[p->first_part + i]);
}

/* tokens = paid + refund + burned + remainder, of each pool. */
static inline void assert_conserved(const struct reward_computed *c, const struct reward_pool *p)
{
    struct total sum = total_of(p->refund);
    total_add(&sum, p->treasury);
    total_add(&sum, p->burned);
    total_add(&sum, p->remainder);
    for (size_t i = p->first_part; i < p->first_part + p->n_parts; i++)
        for (size_t k = c->parts[i].first; k < c->parts[i].first + c->parts[i].n; k++)
            total_add(&sum, c->payments[k].amount);
    assert_int_equal(total_compare(sum, total_of(p->tokens)), 0);
}

static inline void closes_run(struct stage *s, int day, int next_day, int last_block, bool without_stakers)
{
    AUTO_BUFFER text = {0};
    struct reward_question q = {.terms = &s->terms,
                                .run = {day, next_day, (uint64_t)last_block},
                                .first_day = FIRST_DAY,
                                .without_stakers = without_stakers};
    reward_computed_done(&s->computed);
    enum err e = reward_compute(s->db, &q, &s->computed);
    if (e != OK)
        fail_msg("%s: %s", err_text(e), err_detail());
    for (size_t i = 0; i < s->computed.n_pools; i++) {
        put_pool(&text, &s->computed, &s->computed.pools[i]);
        if (!without_stakers)
            assert_conserved(&s->computed, &s->computed.pools[i]);
    }
    buffer_u8(&text, 0);
    assert_true(text.n <= sizeof s->text);
    memcpy(s->text, text.p, text.n);
}

/* What closing a day pays. */
static inline void assert_pays(struct stage *s, int day, const char *expected)
{
    closes_run(s, day, day + 1, day, false);
    assert_string_equal(s->text, expected);
}

#endif
