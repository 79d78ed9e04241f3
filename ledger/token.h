/* ledger/token.h - ERC-20 and ERC-1155 balances and supply, from transfers alone.
 *
 * EIP-20: Transfer(from, to, value); from 0x0 is a mint, to 0x0 a burn (OpenZeppelin ERC20._update). EIP-1155:
 * TransferSingle and TransferBatch, the same per token id. The supply is the balance of token.issued.
 *
 * A transfer that would take a holder below zero is booked all the same: what is missing comes from token.unexplained, and
 * the contract is inconsistent since that block (a hostile token, or mirrored from after its first transfer). A movement
 * that 256 bits cannot hold is not booked, with the same mark. A value of zero books nothing. */
#ifndef LEDGER_TOKEN_H
#define LEDGER_TOKEN_H

#include "ledger/books.h"

/* The first event, and later ones, that the books of a contract could not explain. */
struct inconsistency_row {
    struct address contract;
    uint64_t position;
    int32_t log_index;
    const char *reason; /* a literal */
};

/* OpenZeppelin Pausable. */
struct paused_row {
    struct address contract;
    uint64_t position;
    int32_t log_index;
    bool paused;
};

void token_apply_transfer(struct books *b, struct address token, struct address from, struct address to,
                          struct amount value);
void token_apply_transfer_id(struct books *b, struct address token, struct amount id, struct address from,
                             struct address to, struct amount value);
/* OpenZeppelin Pausable: Paused and Unpaused. */
void token_apply_paused(struct books *b, struct address token, bool paused);
/* Mark a contract: `reason` is a literal. Only the first mark of a contract in a block is kept. */
void token_mark_inconsistent(struct books *b, struct address contract, const char *reason);

#endif
