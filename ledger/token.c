/* ledger/token.c - see token.h: transfers as double entry. */
#include "ledger/token.h"

#include "ledger/position.h"

static const struct record inconsistency_record =
    RECORD(inconsistency_row, FIELD(inconsistency_row, contract), FIELD(inconsistency_row, position),
           FIELD(inconsistency_row, log_index), FIELD(inconsistency_row, reason));
const struct timeline_def inconsistency_timeline = {"inconsistency", &inconsistency_record, 1, 20, 0x11, false};

static const struct record paused_record = RECORD(paused_row, FIELD(paused_row, contract), FIELD(paused_row, position),
                                                  FIELD(paused_row, log_index), FIELD(paused_row, paused));
const struct timeline_def paused_timeline = {"paused", &paused_record, 1, 20, 0x13, false};

void token_mark_inconsistent(struct books *b, struct address contract, const char *reason)
{
    const struct inconsistency_row *last = books_last(b, TIMELINE_INCONSISTENCY, &contract);
    if (last != NULL && position_block(last->position) == b->block_number)
        return;
    struct inconsistency_row row = {.contract = contract, .reason = reason};
    books_append(b, TIMELINE_INCONSISTENCY, &row);
}

/* The accounts that a transfer of one asset can touch. */
struct parties {
    struct account_key issued, unexplained, from, to; /* from, to: the holder, or issued for the zero address */
    bool from_holder, to_holder;
};

static bool fits(struct books *b, const struct account_key *key, struct amount more)
{
    struct amount after;
    return amount_add(account_get(b, key)->balance, more, &after) == OK;
}

/* What the holder lacks of `value`. */
static struct amount shortage(struct books *b, const struct parties *p, struct amount value)
{
    struct amount missing;
    if (!p->from_holder || amount_subtract(value, account_get(b, &p->from)->balance, &missing) != OK)
        return amount_zero;
    return missing;
}

/* Burn: back against what was issued; what was never seen issued, back against unexplained (which holds at least that
 * much, since holders' balances always sum to issued + unexplained). Returns what was not seen issued. */
static struct amount burn(struct books *b, const struct parties *p, struct amount value)
{
    struct amount issued = account_get(b, &p->issued)->balance, rest;
    if (amount_subtract(value, issued, &rest) != OK) {
        issued = value;
        rest = amount_zero;
    }
    if (!amount_is_zero(issued))
        account_move(b, &p->issued, &p->from, issued);
    if (!amount_is_zero(rest))
        account_move(b, &p->unexplained, &p->from, rest);
    return rest;
}

static void apply(struct books *b, struct address token, const struct parties *p, struct amount value)
{
    if (amount_is_zero(value))
        return;
    struct amount missing = shortage(b, p, value);
    bool self = p->from_holder && p->to_holder && address_equal(p->from.owner, p->to.owner);
    if ((!p->from_holder && !fits(b, &p->issued, value)) || (p->to_holder && !self && !fits(b, &p->to, value)) ||
        !fits(b, &p->unexplained, missing)) {
        token_mark_inconsistent(b, token, "a movement that 256 bits cannot hold was not booked");
        return;
    }
    /* The holder is first given what it cannot have had, so that the transfer itself is an ordinary one. */
    if (!amount_is_zero(missing))
        account_move(b, &p->from, &p->unexplained, missing);
    struct amount unseen = amount_zero;
    if (p->to_holder || !p->from_holder)
        account_move(b, &p->to, &p->from, value);
    else
        unseen = burn(b, p, value);
    if (!amount_is_zero(missing) || !amount_is_zero(unseen))
        token_mark_inconsistent(b, token, "a holder spent more than it had");
}

void token_apply_transfer(struct books *b, struct address token, struct address from, struct address to,
                          struct amount value)
{
    struct parties p = {.issued = account_key_token(BOOK_TOKEN_ISSUED, token, address_zero),
                        .unexplained = account_key_token(BOOK_TOKEN_UNEXPLAINED, token, address_zero),
                        .from_holder = !address_is_zero(from),
                        .to_holder = !address_is_zero(to)};
    p.from = p.from_holder ? account_key_token(BOOK_TOKEN, token, from) : p.issued;
    p.to = p.to_holder ? account_key_token(BOOK_TOKEN, token, to) : p.issued;
    apply(b, token, &p, value);
}

void token_apply_transfer_id(struct books *b, struct address token, struct amount id, struct address from,
                             struct address to, struct amount value)
{
    struct parties p = {.issued = account_key_token_id(BOOK_TOKEN_ISSUED, token, id, address_zero),
                        .unexplained = account_key_token_id(BOOK_TOKEN_UNEXPLAINED, token, id, address_zero),
                        .from_holder = !address_is_zero(from),
                        .to_holder = !address_is_zero(to)};
    p.from = p.from_holder ? account_key_token_id(BOOK_TOKEN, token, id, from) : p.issued;
    p.to = p.to_holder ? account_key_token_id(BOOK_TOKEN, token, id, to) : p.issued;
    apply(b, token, &p, value);
}

void token_apply_paused(struct books *b, struct address token, bool paused)
{
    struct paused_row row = {.contract = token, .paused = paused};
    books_append(b, TIMELINE_PAUSED, &row);
}
