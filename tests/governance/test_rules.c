/* tests/governance/test_rules.c - each rule by its reason: at the boundary seconds, all reasons at once, in their order. */
#include "governance/rules.h"

#include "governance/policy.h"
#include "tests/governance/support/messages.h"

enum { STAMP = 1000000, TOLERANCE = 300, STARTS = 1000100, ENDS = 1000200, CLOSES = ENDS + TOLERANCE };

static const struct address author = {.b = {[19] = 1}}, admin = {.b = {[19] = 2}}, stranger = {.b = {[19] = 3}};

static struct instant at(int64_t seconds)
{
    return (struct instant){seconds};
}

static struct space space_of(const char *json, struct arena *arena)
{
    AUTO_JSON j = NULL;
    struct space s;
    assert_int_equal(json_parse(json, strlen(json), 8, &j), OK);
    assert_int_equal(space_parse("space", j, arena, &s), OK);
    return s;
}

#define SPACE_TEXT "{\"id\":\"alt.eth\",\"admins\":[\"0x0000000000000000000000000000000000000002\"]}"

/* The reasons are these, in this order (REASON_COUNT ends them). */
static void assert_reasons(const struct reasons *r, const enum reason_code *expected)
{
    size_t n = 0;
    for (; expected[n] != REASON_COUNT; n++) {
        if (n >= r->n || r->all[n].code != expected[n])
            fail_msg("reason %zu is %s, not %s", n, n < r->n ? r->all[n].text : "missing", reason_slug(expected[n]));
    }
    if (r->n != n)
        fail_msg("also: %s", r->all[n].text);
}
#define ASSERT_REASONS(r, ...) assert_reasons((r), (const enum reason_code[]){__VA_ARGS__ REASON_COUNT})

static void a_timestamp__is_taken_within_the_tolerance(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    struct space s = space_of(SPACE_TEXT, &arena);
    static const struct {
        int64_t now;
        enum reason_code reason;
    } rows[] = {
        {STAMP, REASON_COUNT},
        {STAMP + TOLERANCE, REASON_COUNT},
        {STAMP + TOLERANCE + 1, REASON_EXPIRED},
        {STAMP - TOLERANCE, REASON_COUNT},
        {STAMP - TOLERANCE - 1, REASON_FUTURE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct message m = {.kind = MESSAGE_VOTE, .space = "alt.eth", .stamp = {STAMP}};
        struct message alias = {.kind = MESSAGE_ALIAS, .space = "", .stamp = {STAMP}};
        struct reasons r = {0}, of_alias = {0};
        rules_any(&m, &s, at(rows[i].now), &r);
        ASSERT_REASONS(&r, rows[i].reason, );
        rules_any(&alias, NULL, at(rows[i].now), &of_alias);
        ASSERT_REASONS(&of_alias, rows[i].reason, );
    }
}

static void a_space_that_is_not_there__comes_first(void **state)
{
    (void)state;
    struct message m = {.kind = MESSAGE_VOTE, .space = "other.eth", .stamp = {0}};
    struct reasons r = {0};
    rules_any(&m, NULL, at(STAMP), &r);
    ASSERT_REASONS(&r, REASON_SPACE, REASON_EXPIRED, );
    assert_string_equal(r.all[0].text, "there is no such space: other.eth");
}

/* ---- proposals ---- */

static const char *const two[] = {"For", "Against"};

static struct message proposal(void)
{
    return (struct message){.kind = MESSAGE_PROPOSAL,
                            .author = author,
                            .space = "alt.eth",
                            .stamp = {STAMP},
                            .text = {.type = VOTING_BASIC,
                                     .type_known = true,
                                     .type_name = "basic",
                                     .title = "T",
                                     .body = "",
                                     .discussion = "",
                                     .plugins = "",
                                     .privacy = "",
                                     .app = "",
                                     .choices = two,
                                     .n_choices = 2,
                                     .starts = {STARTS},
                                     .ends = {ENDS},
                                     .snapshot = 50}};
}

static const struct chain_facts chain = {true, 10, 50};

static struct reasons judge(const struct message *m, const char *space)
{
    AUTO_ARENA arena = {0};
    struct space s = space_of(space, &arena);
    struct reasons r = {0};
    uint32_t policy;
    rules_proposal(m, &s, &chain, &policy, &r);
    return r;
}

static void a_good_proposal__has_no_reason_against_it(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    struct space s = space_of(SPACE_TEXT, &arena);
    struct message m = proposal();
    struct reasons r = {0};
    uint32_t policy = 0;
    rules_proposal(&m, &s, &chain, &policy, &r);
    ASSERT_REASONS(&r, );
    assert_int_equal(policy, policy_names[0].parts);
    m.text.policy_given = m.text.policy_known = true;
    m.text.policy = POLICY_STAKED;
    rules_proposal(&m, &s, &chain, &policy, &r);
    assert_int_equal(policy, POLICY_STAKED);
    m.text.policy_known = false;
    rules_proposal(&m, &s, &chain, &policy, &r);
    ASSERT_REASONS(&r, REASON_POLICY, );
}

static void a_window__is_judged_to_the_second(void **state)
{
    (void)state;
    static const struct {
        const char *space;
        int64_t starts, ends;
        bool ok;
    } rows[] = {
        {"{\"id\":\"a\"}", STARTS, STARTS, false},
        {"{\"id\":\"a\"}", STARTS, STARTS + 1, true},
        {"{\"id\":\"a\"}", STARTS + 1, STARTS, false},
        {"{\"id\":\"a\",\"period\":100}", STARTS, STARTS + 99, false},
        {"{\"id\":\"a\",\"period\":100}", STARTS, STARTS + 100, true},
        {"{\"id\":\"a\"}", STAMP - TOLERANCE, ENDS, true},
        {"{\"id\":\"a\"}", STAMP - TOLERANCE - 1, ENDS, false},
        {"{\"id\":\"a\",\"delay\":500}", STAMP + 500 - TOLERANCE, ENDS + 500, true},
        {"{\"id\":\"a\",\"delay\":500}", STAMP + 500 - TOLERANCE - 1, ENDS + 500, false},
        {"{\"id\":\"a\",\"longest_period\":1000}", STARTS, STAMP + 1000, true},
        {"{\"id\":\"a\",\"longest_period\":1000}", STARTS, STAMP + 1001, false},
        {"{\"id\":\"a\"}", INT64_C(1) << 53, INT64_C(1) << 53, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct message m = proposal();
        m.text.starts = at(rows[i].starts);
        m.text.ends = at(rows[i].ends);
        struct reasons r = judge(&m, rows[i].space);
        if (rows[i].ok)
            ASSERT_REASONS(&r, );
        else
            assert_true(r.n > 0 && r.all[0].code == REASON_WINDOW);
    }
}

static void a_snapshot__is_a_block_that_is_mirrored(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    struct space s = space_of(SPACE_TEXT, &arena);
    static const struct {
        uint64_t snapshot;
        bool any, ok;
    } rows[] = {{9, true, false}, {10, true, true}, {50, true, true}, {51, true, false}, {50, false, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct message m = proposal();
        struct chain_facts c = chain;
        struct reasons r = {0};
        uint32_t policy;
        m.text.snapshot = rows[i].snapshot;
        c.any = rows[i].any;
        rules_proposal(&m, &s, &c, &policy, &r);
        ASSERT_REASONS(&r, rows[i].ok ? REASON_COUNT : REASON_SNAPSHOT, );
    }
}

static void choices__are_as_many_as_the_type_takes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum voting type;
        size_t least, most;
    } rows[] = {
        {"basic", VOTING_BASIC, 2, 3},           {"single-choice", VOTING_SINGLE_CHOICE, 1, 100},
        {"approval", VOTING_APPROVAL, 1, 100},   {"weighted", VOTING_WEIGHTED, 1, 100},
        {"quadratic", VOTING_QUADRATIC, 1, 100}, {"ranked-choice", VOTING_RANKED_CHOICE, 1, 32},
        {"copeland", VOTING_COPELAND, 1, 32},
    };
    const char *many[101];
    for (size_t i = 0; i < 101; i++)
        many[i] = "x";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t n = 0; n <= 101; n++) {
            struct message m = proposal();
            m.text.type = rows[i].type;
            m.text.type_name = rows[i].name;
            m.text.choices = many;
            m.text.n_choices = n;
            struct reasons r = judge(&m, SPACE_TEXT);
            ASSERT_REASONS(&r, n >= rows[i].least && n <= rows[i].most ? REASON_COUNT : REASON_CHOICES, );
        }
    }
}

static void a_text__is_not_longer_than_the_space_takes(void **state)
{
    (void)state;
    static const char space[] = "{\"id\":\"a\",\"title_bytes\":3,\"body_bytes\":4,\"choice_bytes\":2,\"choices\":5}";
    static const char *const ok[] = {"12", "ab"}, *const longer[] = {"12", "123"}, *const empty[] = {"12", ""};
    struct message m = proposal();
    m.text.title = "123";
    m.text.body = "1234";
    m.text.choices = ok;
    struct reasons r = judge(&m, space);
    ASSERT_REASONS(&r, );
    m.text.title = "1234";
    m.text.body = "12345";
    m.text.choices = longer;
    r = judge(&m, space);
    ASSERT_REASONS(&r, REASON_TOO_LONG, REASON_TOO_LONG, REASON_TOO_LONG, );
    assert_string_equal(r.all[1].text, "a text is longer than the space takes: body has 5 bytes, at most 4 are taken");
    m = proposal();
    m.text.choices = empty;
    r = judge(&m, space);
    ASSERT_REASONS(&r, REASON_CHOICES, );
}

static void a_proposal__is_told_all_reasons_in_their_order(void **state)
{
    (void)state;
    struct message m = proposal();
    m.text.starts = m.text.ends;
    m.text.snapshot = 51;
    m.text.type_known = false;
    m.text.type_name = "lottery";
    m.text.privacy = "shutter";
    m.text.policy_given = true;
    struct reasons r = judge(&m, "{\"id\":\"a\",\"title_bytes\":1,\"body_bytes\":1}");
    ASSERT_REASONS(&r, REASON_WINDOW, REASON_SNAPSHOT, REASON_TYPE, REASON_PRIVACY, REASON_POLICY, );
}

/* ---- update, cancellation ---- */

static struct proposal_facts facts(void)
{
    return (struct proposal_facts){.exists = true,
                                   .space = "alt.eth",
                                   .author = author,
                                   .type = VOTING_BASIC,
                                   .n_choices = 3,
                                   .starts = {STARTS},
                                   .ends = {ENDS},
                                   .closes = {CLOSES}};
}

static struct reasons update(struct address from, int64_t stamp, int64_t now, const struct proposal_facts *p)
{
    AUTO_ARENA arena = {0};
    struct space s = space_of(SPACE_TEXT, &arena);
    struct message m = proposal();
    struct reasons r = {0};
    m.kind = MESSAGE_UPDATE;
    m.author = from;
    m.stamp = at(stamp);
    rules_update(&m, &s, p, at(now), &r);
    return r;
}

static void an_update__comes_before_the_start(void **state)
{
    (void)state;
    struct proposal_facts p = facts();
    struct reasons r = update(author, STARTS - 1, STARTS - 1, &p);
    ASSERT_REASONS(&r, );
    r = update(admin, STARTS - 1, STARTS - 1, &p);
    ASSERT_REASONS(&r, );
    r = update(author, STARTS, STARTS - 1, &p);
    ASSERT_REASONS(&r, REASON_STARTED, );
    r = update(author, STARTS - 1, STARTS, &p);
    ASSERT_REASONS(&r, REASON_STARTED, );
    p.voted = true; /* by one whose clock is ahead of ours */
    r = update(author, STARTS - 1, STARTS - 1, &p);
    ASSERT_REASONS(&r, REASON_STARTED, );
    p.canceled = true;
    p.space = "other.eth";
    r = update(stranger, STARTS, STARTS, &p);
    ASSERT_REASONS(&r, REASON_WRONG_SPACE, REASON_CANCELED, REASON_STARTED, REASON_NOT_AUTHOR, );
    p.exists = false;
    r = update(stranger, STARTS, STARTS, &p);
    ASSERT_REASONS(&r, REASON_PROPOSAL, );
}

static void an_update__is_judged_as_a_proposal_is(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    struct space s = space_of("{\"id\":\"alt.eth\",\"title_bytes\":1}", &arena);
    struct message m = proposal();
    struct proposal_facts p = facts();
    struct reasons r = {0};
    m.text.title = "TT";
    m.text.n_choices = 1;
    m.text.privacy = "shutter";
    m.text.policy_given = true;
    rules_update(&m, &s, &p, at(STAMP), &r);
    ASSERT_REASONS(&r, REASON_CHOICES, REASON_PRIVACY, REASON_POLICY, REASON_TOO_LONG, );
}

static struct reasons cancel(struct address from, int64_t now, const struct proposal_facts *p)
{
    AUTO_ARENA arena = {0};
    struct space s = space_of(SPACE_TEXT, &arena);
    struct message m = {.kind = MESSAGE_CANCEL, .author = from, .space = "alt.eth", .stamp = at(now)};
    struct reasons r = {0};
    rules_cancel(&m, &s, p, at(now), &r);
    return r;
}

static void a_cancellation__comes_until_the_proposal_closes(void **state)
{
    (void)state;
    struct proposal_facts p = facts();
    struct reasons r = cancel(author, CLOSES, &p);
    ASSERT_REASONS(&r, );
    r = cancel(admin, STARTS, &p);
    ASSERT_REASONS(&r, );
    r = cancel(author, CLOSES + 1, &p);
    ASSERT_REASONS(&r, REASON_ENDED, );
    p.canceled = true;
    r = cancel(stranger, CLOSES + 1, &p);
    ASSERT_REASONS(&r, REASON_CANCELED, REASON_ENDED, REASON_NOT_AUTHOR, );
    p.exists = false;
    r = cancel(stranger, STARTS, &p);
    ASSERT_REASONS(&r, REASON_PROPOSAL, );
}

/* ---- ballots ---- */

static struct reasons vote(const char *choice, const char *reason, int64_t stamp, int64_t now,
                           const struct proposal_facts *p, struct choice *out)
{
    static struct arena arena;
    AUTO_JSON list = NULL;
    struct message m = {.kind = MESSAGE_VOTE, .space = "alt.eth", .reason = reason, .stamp = at(stamp)};
    struct reasons r = {0};
    arena_reset(&arena);
    struct space s = space_of("{\"id\":\"alt.eth\",\"reason_bytes\":3}", &arena);
    const char *text = arena_printf(&arena, "[%s]", choice);
    assert_int_equal(json_parse(text, strlen(text), 8, &list), OK);
    m.choice = json_array_get(list, 0);
    rules_vote(&m, &s, p, at(now), &arena, out, &r);
    return r;
}

static void a_ballot__counts_from_the_first_to_the_last_second(void **state)
{
    (void)state;
    static const struct {
        int64_t stamp, now;
        enum reason_code reason;
    } rows[] = {
        {STARTS - 1, STARTS - 1, REASON_NOT_STARTED},
        {STARTS - 1, STARTS, REASON_NOT_STARTED},
        {STARTS, STARTS, REASON_COUNT},
        {STARTS, STARTS - 1, REASON_COUNT}, /* its clock is ahead of ours */
        {ENDS, ENDS, REASON_COUNT},
        {ENDS, CLOSES, REASON_COUNT},
        {ENDS, CLOSES + 1, REASON_ENDED},
        {ENDS + 1, ENDS, REASON_ENDED},
        {ENDS + 1, ENDS + 1, REASON_ENDED},
    };
    struct proposal_facts p = facts();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct choice choice;
        struct reasons r = vote("1", "", rows[i].stamp, rows[i].now, &p, &choice);
        ASSERT_REASONS(&r, rows[i].reason, );
        assert_int_equal(choice.n, 1);
        assert_int_equal(choice.picks[0], 1);
    }
}

static void a_choice__fits_the_type_of_the_proposal(void **state)
{
    (void)state;
    static const struct {
        enum voting type;
        const char *choice;
        bool ok;
    } rows[] = {
        {VOTING_BASIC, "3", true},
        {VOTING_BASIC, "4", false},
        {VOTING_BASIC, "0", false},
        {VOTING_BASIC, "-1", false},
        {VOTING_BASIC, "[1]", false},
        {VOTING_BASIC, "1.0", false},
        {VOTING_SINGLE_CHOICE, "{\"1\":1}", false},
        {VOTING_APPROVAL, "[1,3]", true},
        {VOTING_APPROVAL, "[]", true},
        {VOTING_APPROVAL, "[1,1]", false},
        {VOTING_APPROVAL, "1", false},
        {VOTING_WEIGHTED, "{\"1\":1,\"3\":9}", true},
        {VOTING_WEIGHTED, "{\"1\":0}", false},
        {VOTING_WEIGHTED, "{}", false},
        {VOTING_WEIGHTED, "{\"1\":-1,\"2\":2}", false},
        {VOTING_WEIGHTED, "{\"1\":0.5}", false},
        {VOTING_WEIGHTED, "{\"1\":9007199254740993}", false},
        {VOTING_WEIGHTED, "{\"4\":1}", false},
        {VOTING_QUADRATIC, "{\"2\":1}", true},
        {VOTING_RANKED_CHOICE, "[2,1,3]", true},
        {VOTING_RANKED_CHOICE, "[2,1]", false},
        {VOTING_COPELAND, "[3,2,1]", true},
        {VOTING_COPELAND, "[3,2,2]", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct proposal_facts p = facts();
        struct choice choice;
        p.type = rows[i].type;
        struct reasons r = vote(rows[i].choice, "", STARTS, STARTS, &p, &choice);
        if (r.n != !rows[i].ok)
            fail_msg("%s of %s", rows[i].choice, voting_name(rows[i].type));
        if (!rows[i].ok)
            assert_int_equal(r.all[0].code, REASON_CHOICE);
    }
}

static void a_ballot__is_told_all_reasons_in_their_order(void **state)
{
    (void)state;
    struct proposal_facts p = facts();
    struct choice choice = {.n = 77};
    p.space = "other.eth";
    p.canceled = true;
    struct reasons r = vote("9", "1234", STARTS - 1, CLOSES + 1, &p, &choice);
    ASSERT_REASONS(&r, REASON_WRONG_SPACE, REASON_CANCELED, REASON_NOT_STARTED, REASON_ENDED, REASON_CHOICE,
                   REASON_TOO_LONG, );
    assert_int_equal(choice.n, 77);
    p.exists = false;
    r = vote("9", "1234", STARTS - 1, CLOSES + 1, &p, &choice);
    ASSERT_REASONS(&r, REASON_PROPOSAL, );
    p = facts();
    r = vote("1", "123", STARTS, STARTS, &p, &choice);
    ASSERT_REASONS(&r, );
}

static void of_two_ballots__the_later_timestamp_counts_then_the_later_place(void **state)
{
    (void)state;
    AUTO_ARENA arena = {0};
    struct space s = space_of(SPACE_TEXT, &arena);
    assert_true(rules_supersedes(at(STAMP + 1), at(STAMP)));
    assert_true(rules_supersedes(at(STAMP), at(STAMP)));
    assert_false(rules_supersedes(at(STAMP - 1), at(STAMP)));
    assert_int_equal(rules_closes(&s, at(ENDS)).unix_seconds, CLOSES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timestamp__is_taken_within_the_tolerance),
        cmocka_unit_test(a_space_that_is_not_there__comes_first),
        cmocka_unit_test(a_good_proposal__has_no_reason_against_it),
        cmocka_unit_test(a_window__is_judged_to_the_second),
        cmocka_unit_test(a_snapshot__is_a_block_that_is_mirrored),
        cmocka_unit_test(choices__are_as_many_as_the_type_takes),
        cmocka_unit_test(a_text__is_not_longer_than_the_space_takes),
        cmocka_unit_test(a_proposal__is_told_all_reasons_in_their_order),
        cmocka_unit_test(an_update__comes_before_the_start),
        cmocka_unit_test(an_update__is_judged_as_a_proposal_is),
        cmocka_unit_test(a_cancellation__comes_until_the_proposal_closes),
        cmocka_unit_test(a_ballot__counts_from_the_first_to_the_last_second),
        cmocka_unit_test(a_choice__fits_the_type_of_the_proposal),
        cmocka_unit_test(a_ballot__is_told_all_reasons_in_their_order),
        cmocka_unit_test(of_two_ballots__the_later_timestamp_counts_then_the_later_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
