/* governance/count_pack.c - the sums of a count as bytes, and back; see count.h. */
#include <string.h>

#include "governance/count_impl.h"

enum { HEAD = 12, TOTAL_BYTES = 64 };

bool count_packs(enum voting type)
{
    return type != VOTING_RANKED_CHOICE;
}

static void write_number(struct buffer *out, struct total t)
{
    uint8_t be[TOTAL_BYTES];
    total_to_be(t, be);
    size_t zeros = 0;
    while (zeros < TOTAL_BYTES && be[zeros] == 0)
        zeros++;
    buffer_u8(out, (uint8_t)(TOTAL_BYTES - zeros));
    buffer_bytes(out, be + zeros, TOTAL_BYTES - zeros);
}

void count_pack(const struct count *c, struct buffer *out)
{
    assert(count_packs(c->type));
    buffer_u8(out, COUNT_RULES);
    buffer_u8(out, (uint8_t)c->type);
    buffer_be16(out, (uint16_t)c->n);
    buffer_be64(out, c->ballots);
    write_number(out, c->power);
    for (size_t i = 0; i < c->n_sums; i++)
        write_number(out, c->sums[i]);
}

/* Takes a number from the front of `in`. */
static enum err read_number(struct slice *in, struct total *out)
{
    uint8_t be[TOTAL_BYTES] = {0};
    size_t n = in->n > 0 ? in->p[0] : 0;
    if (in->n < 1 + n || n > TOTAL_BYTES || (n > 0 && in->p[1] == 0))
        return err_with(ERR_FIELD, "packed sums: a number is cut short, too long or has a leading zero");
    memcpy(be + TOTAL_BYTES - n, in->p + 1, n);
    *out = total_from_be(be);
    *in = (struct slice){in->p + 1 + n, in->n - 1 - n};
    return OK;
}

static struct total power_of_256(size_t exponent)
{
    uint8_t be[TOTAL_BYTES] = {0};
    be[TOTAL_BYTES - 1 - exponent] = 1;
    return total_from_be(be);
}

/* Whether ballots can give such sums, as far as counting on relies on it. */
static bool sums_fit(const struct count *c)
{
    enum { POWER_BYTES = (40 + 256) / 8, ROOTS_BYTES = (40 + 192) / 8 }; /* 2^40 ballots, of 2^256, roots of 2^192 */
    struct total roots_limit = power_of_256(ROOTS_BYTES), sum = total_zero;
    if (c->ballots > BALLOTS_MAX || total_compare(c->power, power_of_256(POWER_BYTES)) >= 0)
        return false;
    for (size_t i = 0; i < c->n_sums; i++) {
        bool fits = c->type == VOTING_QUADRATIC ? total_compare(c->sums[i], roots_limit) < 0
                                                : total_compare(c->sums[i], c->power) <= 0;
        if (!fits)
            return false;
        sum = total_plus(sum, c->sums[i]);
    }
    bool divides = c->type == VOTING_BASIC || c->type == VOTING_SINGLE_CHOICE || c->type == VOTING_WEIGHTED;
    return !divides || total_compare(sum, c->power) == 0;
}

static enum err read_sums(struct count *c, struct slice in)
{
    struct slice rest = {in.p + HEAD, in.n - HEAD};
    TRY(read_number(&rest, &c->power));
    for (size_t i = 0; i < c->n_sums; i++)
        TRY(read_number(&rest, &c->sums[i]));
    if (rest.n > 0)
        return err_with(ERR_FIELD, "packed sums: bytes after the last number");
    return sums_fit(c) ? OK : err_with(ERR_FIELD, "packed sums: no ballots give such sums");
}

enum err count_unpack(enum voting type, size_t n_choices, struct slice in, struct count **out)
{
    assert(count_packs(type));
    uint8_t head[4] = {COUNT_RULES, (uint8_t)type, (uint8_t)(n_choices >> 8), (uint8_t)n_choices};
    if (in.n < HEAD || memcmp(in.p, head, sizeof head) != 0)
        return err_with(ERR_FIELD, "packed sums: of other rules, another type or number of choices");
    struct count *c = count_open(type, n_choices);
    for (size_t i = sizeof head; i < HEAD; i++)
        c->ballots = c->ballots << 8 | in.p[i];
    enum err e = read_sums(c, in);
    if (e != OK) {
        count_close(c);
        return e;
    }
    *out = c;
    return OK;
}
