/* ledger/votes.c - see votes.h. */
#include "ledger/votes.h"

#include "ledger/token.h"

static const struct record delegate_record = RECORD(delegate_row, FIELD(delegate_row, delegator),
                                                    FIELD(delegate_row, token), FIELD(delegate_row, position),
                                                    FIELD(delegate_row, log_index), FIELD(delegate_row, delegate));
const struct timeline_def delegate_timeline = {"delegate", &delegate_record, 2, 40, 0x10, false};

void votes_apply_delegate(struct books *b, struct address token, struct address delegator, struct address delegate)
{
    struct delegate_row row = {.delegator = delegator, .token = token, .delegate = delegate};
    books_append(b, TIMELINE_DELEGATE, &row);
}

void votes_apply_units(struct books *b, struct address token, struct address delegate, struct amount previous,
                       struct amount now)
{
    struct account_key holder = account_key_token(BOOK_VOTES, token, delegate);
    struct account_key issued = account_key_token(BOOK_VOTES_ISSUED, token, address_zero);
    struct amount ours = account_get(b, &holder)->balance;
    struct delta change = delta_between(ours, now);
    if (!amount_is_zero(change.magnitude)) {
        const struct account_key *debit = change.negative ? &issued : &holder;
        const struct account_key *credit = change.negative ? &holder : &issued;
        if (!account_can_move(b, debit, credit, change.magnitude)) {
            token_mark_inconsistent(b, token, "a movement that 256 bits cannot hold was not booked");
            return;
        }
        account_move(b, debit, credit, change.magnitude);
    }
    if (amount_compare(ours, previous) != 0)
        token_mark_inconsistent(b, token, "a delegate's units were not what its last change said");
}
