/* tests/ledger/support/eigenlayer.h - EigenLayer's events in short, for a stage. */
#ifndef TESTS_LEDGER_SUPPORT_EIGENLAYER_H
#define TESTS_LEDGER_SUPPORT_EIGENLAYER_H

#include "tests/ledger/support/stage.h"

static inline void delegated(struct stage *s, uint8_t staker, uint8_t operator)
{
    EMIT(s, DELEGATION, "DelegationManager", "StakerDelegated(address,address)", in_address(staker),
         in_address(operator));
}

static inline void undelegated(struct stage *s, uint8_t staker, uint8_t operator)
{
    EMIT(s, DELEGATION, "DelegationManager", "StakerUndelegated(address,address)", in_address(staker),
         in_address(operator));
}

static inline void factor(struct stage *s, uint8_t staker, uint8_t strategy, struct amount k)
{
    EMIT(s, DELEGATION, "DelegationManager", "DepositScalingFactorUpdated(address,address,uint256)", in_address(staker),
         in_address(strategy), in_amount(k));
}

static inline void more(struct stage *s, uint8_t operator, uint8_t staker, uint8_t strategy, uint64_t shares)
{
    EMIT(s, DELEGATION, "DelegationManager", "OperatorSharesIncreased(address,address,address,uint256)",
         in_address(operator), in_address(staker), in_address(strategy), in_number(shares));
}

static inline void less(struct stage *s, uint8_t operator, uint8_t staker, uint8_t strategy, uint64_t shares)
{
    EMIT(s, DELEGATION, "DelegationManager", "OperatorSharesDecreased(address,address,address,uint256)",
         in_address(operator), in_address(staker), in_address(strategy), in_number(shares));
}

static inline void magnitude(struct stage *s, uint8_t operator, uint8_t strategy, uint64_t m)
{
    EMIT(s, ALLOCATION, "AllocationManager", "MaxMagnitudeUpdated(address,address,uint64)", in_address(operator),
         in_address(strategy), in_number(m));
}

/* ExchangeRateEmitted; nothing if the strategy is not mirrored. */
static inline void rate(struct stage *s, uint8_t strategy, uint64_t value)
{
    EMIT(s, strategy, "Strategy", "ExchangeRateEmitted(uint256)", in_number(value));
}

static inline void transfer(struct stage *s, uint8_t from, uint8_t to, uint64_t value)
{
    EMIT(s, TOKEN, "ERC20", "Transfer(address,address,uint256)", in_address(from), in_address(to), in_number(value));
}

static inline void deposit(struct stage *s, uint8_t staker, uint8_t strategy, uint64_t shares)
{
    EMIT(s, MANAGER, "StrategyManager", "Deposit(address,address,uint256)", in_address(staker), in_address(strategy),
         in_number(shares));
}

/* StrategyManager.depositIntoStrategy, whole. */
static inline void deposit_tokens(struct stage *s, uint8_t staker, uint8_t operator, uint8_t strategy, uint64_t shares,
                                  struct amount k)
{
    transfer(s, 0, staker, shares);
    transfer(s, staker, strategy, shares);
    rate(s, strategy, WAD);
    deposit(s, staker, strategy, shares);
    factor(s, staker, strategy, k);
    if (operator!= 0)
        more(s, operator, staker, strategy, shares);
}

static inline void deposit_legacy(struct stage *s, uint8_t staker, uint8_t strategy, uint64_t shares)
{
    EMIT(s, MANAGER, "StrategyManager", "Deposit(address,address,address,uint256)", in_address(staker),
         in_address(TOKEN), in_address(strategy), in_number(shares));
}

/* A withdrawal as its event names it; its root is made from `id`. */
enum { QUEUE_ITEMS = 4 };
struct queue {
    uint8_t id, staker, operator;
    uint32_t start;
    size_t n;
    struct {
        uint8_t strategy;
        uint64_t scaled, shares;
    } items[QUEUE_ITEMS];
};

static inline struct hash root_of(uint8_t id)
{
    return stage_hash(UINT64_MAX, id);
}

static inline void emit_queue(struct stage *s, const struct queue *q, bool legacy)
{
    struct abi_value strategies[QUEUE_ITEMS], scaled[QUEUE_ITEMS], shares[QUEUE_ITEMS];
    for (size_t i = 0; i < q->n; i++) {
        strategies[i] = in_address(q->items[i].strategy);
        scaled[i] = in_number(q->items[i].scaled);
        shares[i] = in_number(q->items[i].shares);
    }
    struct abi_value members[] = {in_address(q->staker),
                                  in_address(q->operator),
                                  in_address(q->staker),
                                  in_number(0),
                                  in_number(q->start),
                                  in_list(s, ABI_ARRAY, strategies, q->n),
                                  in_list(s, ABI_ARRAY, scaled, q->n)};
    struct abi_value all[] = {in_hash(s, root_of(q->id)), in_list(s, ABI_TUPLE, members, 7),
                              in_list(s, ABI_ARRAY, shares, q->n)};
    emit(s, DELEGATION, "DelegationManager",
         legacy ? "WithdrawalQueued(bytes32,(address,address,address,uint256,uint32,address[],uint256[]))"
                : "SlashingWithdrawalQueued(bytes32,(address,address,address,uint256,uint32,address[],uint256[]),"
                  "uint256[])",
         all, legacy ? 2 : 3);
}

static inline void queued(struct stage *s, struct queue q)
{
    q.start = (uint32_t)s->number;
    emit_queue(s, &q, false);
}

static inline void completed(struct stage *s, uint8_t id)
{
    EMIT(s, DELEGATION, "DelegationManager", "SlashingWithdrawalCompleted(bytes32)", in_hash(s, root_of(id)));
}

static inline struct amount wad(void)
{
    return amount_wad;
}

#endif
