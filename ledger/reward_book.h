/* ledger/reward_book.h - from what a closing pays to entries and rows: every payout a balanced entry. */
#ifndef LEDGER_REWARD_BOOK_H
#define LEDGER_REWARD_BOOK_H

#include "ledger/reward_day.h"

struct reward_closing {
    struct reward_run run;
    struct reward_computed computed;
};

/* Note every account and control total that booking it touches, and cache the earned accounts of its distributors, as of before the
 * batch. Database errors. */
MUST_CHECK enum err reward_book_prepare(struct books *b, struct db *db, uint64_t first_block,
                                        const struct reward_computed *computed);
/* Book it, if everything is cached; else note what is not. In the order of ledger/README.md. */
void reward_book_closing(struct books *b, const struct reward_closing *closing);

/* How many of the part's payments, its first ones, are commission. */
size_t reward_commissions(const struct reward_computed *c, const struct reward_part *part);
/* The rows that stand beside what is paid; position and log_index are left out. */
struct reward_share_row reward_share_row_of(const struct reward_computed *c, const struct reward_pool *p,
                                            const struct reward_part *part);
struct reward_pool_row reward_pool_row_of(const struct reward_computed *c, const struct reward_pool *p);

#endif
