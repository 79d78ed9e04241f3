/* ledger/votes.h - ERC20Votes: who delegated to whom, and the voting units of every delegate.
 *
 * EIP-5805: DelegateChanged names the new delegate; DelegateVotesChanged gives a delegate's units before and after, as
 * absolute values: after it, getVotes(delegate) is the new value. Delegation is not transitive. */
#ifndef LEDGER_VOTES_H
#define LEDGER_VOTES_H

#include "ledger/books.h"

/* To whom delegator delegated the units of token; the zero address: to nobody. */
struct delegate_row {
    struct address delegator, token;
    uint64_t position;
    int32_t log_index;
    struct address delegate;
};

void votes_apply_delegate(struct books *b, struct address token, struct address delegator, struct address delegate);
/* Units are booked as given, against votes.issued. A previous value other than ours marks the token inconsistent. */
void votes_apply_units(struct books *b, struct address token, struct address delegate, struct amount previous,
                       struct amount now);

#endif
