/* tests/fuzz/fuzz_choice.c - choices of ballots from any JSON, counted and taken back; packed sums from any bytes.
 *
 * The first byte says the type of voting, the second how many choices there are; then comes a choice, or, if the first byte is 128 or
 * more, packed sums. */
#include <assert.h>
#include <string.h>

#include "governance/count.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 2, DEPTH = 4, CHOICES = 12, SUMS = 128 };

static bool ranks_all(enum voting type)
{
    return type == VOTING_RANKED_CHOICE || type == VOTING_COPELAND;
}

static bool has_weights(enum voting type)
{
    return type == VOTING_WEIGHTED || type == VOTING_QUADRATIC;
}

/* What count.h promises of a choice that was taken. */
static void check_choice(enum voting type, size_t n, const struct choice *c)
{
    bool seen[CHOICES + 1] = {false};
    uint64_t sum = 0;
    assert(c->n <= n && (c->n > 0 || type == VOTING_APPROVAL));
    assert(c->n == n || !ranks_all(type));
    assert((c->weights != NULL) == has_weights(type));
    for (size_t i = 0; i < c->n; i++) {
        assert(c->picks[i] >= 1 && c->picks[i] <= n && !seen[c->picks[i]]);
        seen[c->picks[i]] = true;
        if (c->weights == NULL)
            continue;
        assert(i == 0 || c->picks[i] > c->picks[i - 1]);
        assert(c->weights[i] <= UINT64_C(1) << WEIGHT_BITS);
        sum += c->weights[i];
    }
    assert(c->weights == NULL || sum > 0);
}

/* No score is above the power, and all of them together are the power where it is divided. */
static void check_scores(enum voting type, size_t n, const struct count *c, struct amount expected)
{
    struct amount scores[CHOICES], power;
    struct total sum = total_zero;
    enum err e = count_scores(c, scores, &power);
    assert(e == OK && amount_compare(power, expected) == 0);
    for (size_t i = 0; i < n; i++) {
        assert(amount_compare(scores[i], power) <= 0);
        total_add(&sum, scores[i]);
    }
    assert(type == VOTING_APPROVAL || total_compare(sum, total_of(power)) == 0);
    struct outcome o = count_outcome(type, n, scores, power, power);
    assert(o.quorum_reached && o.winner <= n && !(o.tie && o.winner > 0));
}

static void count_one(enum voting type, size_t n, const struct choice *choice, struct amount power)
{
    struct count *c = count_open(type, n), *empty = count_open(type, n);
    count_add(c, choice, power);
    check_scores(type, n, c, power);
    count_remove(c, choice, power);
    check_scores(type, n, c, amount_zero);
    if (count_packs(type)) {
        AUTO_BUFFER a = {0};
        AUTO_BUFFER b = {0};
        count_pack(c, &a);
        count_pack(empty, &b);
        assert(a.n == b.n && memcmp(a.p, b.p, a.n) == 0);
    }
    count_close(c);
    count_close(empty);
}

static void try_choice(enum voting type, size_t n, const char *text, size_t size)
{
    AUTO_ARENA arena = {0};
    AUTO_BUFFER list = {0};
    AUTO_JSON j = NULL;
    struct choice choice;
    buffer_text(&list, "[");
    buffer_bytes(&list, text, size);
    buffer_text(&list, "]");
    if (json_parse((const char *)list.p, list.n, DEPTH, &j) != OK)
        return;
    if (choice_parse(type, n, json_array_get(j, 0), &arena, &choice) != OK)
        return;
    check_choice(type, n, &choice);
    count_one(type, n, &choice, amount_zero);
    count_one(type, n, &choice, amount_from_u64(size));
    count_one(type, n, &choice, amount_max);
}

/* Sums that are taken are packed to the same bytes, and can be counted on. */
static void try_sums(enum voting type, size_t n, struct slice in)
{
    struct count *c;
    if (!count_packs(type) || count_unpack(type, n, in, &c) != OK)
        return;
    AUTO_BUFFER again = {0};
    struct amount scores[CHOICES], power;
    count_pack(c, &again);
    assert(again.n == in.n && memcmp(again.p, in.p, in.n) == 0);
    enum err e = count_scores(c, scores, &power);
    assert(e == OK || e == ERR_OVERFLOW);
    count_close(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD)
        return 0;
    enum voting type = (enum voting)(data[0] % SUMS % VOTING_COUNT);
    size_t n = 1 + data[1] % CHOICES;
    if (data[0] >= SUMS)
        try_sums(type, n, (struct slice){data + HEAD, size - HEAD});
    else
        try_choice(type, n, (const char *)data + HEAD, size - HEAD);
    return 0;
}
