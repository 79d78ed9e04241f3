/* ledger/mirror/rules_withdrawal.c - EigenLayer's withdrawal queue: what queueing and completion do, which only the logs around tell. */
#include "ledger/core/arena.h"
#include "ledger/mirror/network_parameters.h"
#include "ledger/mirror/rules_stake.h"
#include "ledger/stake.h"
#include "ledger/token.h"
#include "ledger/withdrawal.h"

/* The arguments of SlashingWithdrawalQueued, or of WithdrawalQueued, which has no sharesToWithdraw. */
struct queue_log {
    struct withdrawal_row row;
    const struct abi_value *strategies, *scaled, *shares;
    size_t n;
};

static bool queue_read(const struct place *at, const struct abi_value *v, const struct abi_value *shares,
                       struct queue_log *out)
{
    const struct abi_value *w = v[1].items;
    uint64_t start = 0; /* a uint32, as decoded */
    if (amount_to_u64(w[4].number, &start) != OK)
        return false;
    uint64_t delay = network_parameter(at->network, at->contract, "min_withdrawal_delay_blocks",
                                       MIN_WITHDRAWAL_DELAY_BLOCKS);
    *out = (struct queue_log){.row = {.root = abi_hash(&v[0]),
                                      .staker = w[0].address,
                                      .operator= w[1].address,
                                      .withdrawer = w[2].address,
                                      .nonce = w[3].number,
                                      .start_block = (int64_t)start,
                                      .slashable_until = (int64_t)(start + delay),
                                      .items = (int64_t)w[5].n_items},
                              .strategies = &w[5],
                              .scaled = &w[6],
                              .shares = shares,
                              .n = w[5].n_items};
    return out->scaled->n_items == out->n && shares->n_items == out->n;
}

/* ---- queueing: which items took all that the staker had ------------------------------------------------------------- */

/* The log of this emitter before log j, in the same transaction; false: none. */
static bool previous_here(const struct place *at, size_t *j)
{
    while (*j > 0 && place_same_tx(at, *j - 1)) {
        (*j)--;
        if (address_equal(at->block->logs[*j].address, at->emitter))
            return true;
    }
    return false;
}

/* DepositScalingFactorUpdated(staker, strategy, 1e18) that is not a deposit's own, which comes right after its Deposit. */
static bool is_reset(const struct place *at, size_t i, struct address staker, struct address strategy)
{
    const struct decoded_log *log = &at->decoded[i];
    struct deposit_log deposit;
    if (!place_is(log, "DelegationManager.DepositScalingFactorUpdated") ||
        !address_equal(log->values[0].address, staker) || !address_equal(log->values[1].address, strategy) ||
        amount_compare(log->values[2].number, amount_wad) != 0)
        return false;
    for (size_t j = i; j-- > 0 && place_same_tx(at, j);)
        if (is_core(&at->decoded[j]))
            return !(deposit_read(&at->decoded[j], &deposit) && address_equal(deposit.staker, staker) &&
                     address_equal(deposit.strategy, strategy));
    return true;
}

static bool is_decrease(const struct decoded_log *log, const struct withdrawal_row *w, struct address strategy)
{
    return place_is(log, "DelegationManager.OperatorSharesDecreased") &&
           address_equal(log->values[0].address, w->operator) && address_equal(log->values[1].address, w->staker) &&
           address_equal(log->values[2].address, strategy);
}

/* DelegationManager._removeSharesAndQueueWithdrawal emits for each item in order OperatorSharesDecreased (if the staker is delegated)
 * and, when no deposit shares are left, the factor's reset; then SlashingWithdrawalQueued. So they are read from the last backwards.
 * Returns whether there is a reset at all. */
static bool find_resets(const struct place *at, const struct queue_log *q, uint8_t *reset)
{
    size_t here = at->i;
    bool any = false;
    memset(reset, 0, q->n);
    for (size_t i = q->n; i-- > 0;) {
        struct address strategy = q->strategies->items[i].address;
        size_t j = here;
        if (!previous_here(at, &j))
            return any;
        bool resets = is_reset(at, j, q->row.staker, strategy);
        if (address_is_zero(q->row.operator)) {
            here = resets ? j : here;
        } else {
            if (resets && !previous_here(at, &j))
                return any;
            if (!is_decrease(&at->decoded[j], &q->row, strategy))
                return any;
            here = j;
        }
        reset[i] = resets;
        any = any || resets;
    }
    return any;
}

/* A later item of the same strategy that took all that was left. */
static bool reset_later(const struct queue_log *q, const uint8_t *reset, size_t i)
{
    for (size_t j = i + 1; j < q->n; j++)
        if (reset[j] && address_equal(q->strategies->items[j].address, q->strategies->items[i].address))
            return true;
    return false;
}

/* ---- queueing: asking the chain --------------------------------------------------------------------------------------- */

static bool queues(const struct place *at, size_t j, struct address staker, struct address strategy)
{
    const struct decoded_log *log = &at->decoded[j];
    if (!place_is(log, "DelegationManager.SlashingWithdrawalQueued") ||
        !address_equal(log->values[1].items[0].address, staker))
        return false;
    const struct abi_value *strategies = &log->values[1].items[5];
    for (size_t i = 0; i < strategies->n_items; i++)
        if (address_equal(strategies->items[i].address, strategy))
            return true;
    return false;
}

/* What the block deposited for the pair after this log. False: more than that happened to it, so that the state at the block's end
 * does not tell what was left after item i. */
static bool deposited_later(const struct place *at, const struct queue_log *q, size_t i, struct amount *later)
{
    struct address strategy = q->strategies->items[i].address;
    struct deposit_log deposit;
    *later = amount_zero;
    for (size_t j = i + 1; j < q->n; j++)
        if (address_equal(q->strategies->items[j].address, strategy))
            return false;
    for (size_t j = at->i + 1; j < at->block->n_logs; j++) {
        if (queues(at, j, q->row.staker, strategy))
            return false;
        if (deposit_read(&at->decoded[j], &deposit) && address_equal(deposit.staker, q->row.staker) &&
            address_equal(deposit.strategy, strategy) && amount_add(*later, deposit.shares, later) != OK)
            return false;
    }
    return true;
}

static const struct contract *strategy_manager(const struct network *n)
{
    for (size_t i = 0; i < n->n_contracts; i++)
        if (n->contracts[i].kind == KIND_STRATEGY_MANAGER)
            return &n->contracts[i];
    return NULL;
}

static void apply_item(const struct place *at, const struct queue_log *q, size_t i, struct withdrawal_item *item)
{
    struct withdrawal_taken taken = withdrawal_taken(at->books, q->row.staker, item);
    const struct contract *manager = strategy_manager(at->network);
    struct amount later;
    if (withdrawal_is_open(&taken) && manager != NULL && deposited_later(at, q, i, &later))
        withdrawal_ask(at->books, manager->address, q->row.staker, item, later, &taken);
    withdrawal_apply_item(at->books, at->emitter, &q->row, (int64_t)i, item, &taken);
}

/* ---- queueing -------------------------------------------------------------------------------------------------------- */

static void mark_lengths(const struct place *at)
{
    token_mark_inconsistent(at->books, at->emitter, "a withdrawal whose lists differ in length was not booked");
}

static void rule_queued(const struct place *at, const struct abi_value *v)
{
    struct queue_log q;
    AUTO_BUFFER resets = {0};
    if (!queue_read(at, v, &v[2], &q)) {
        mark_lengths(at);
        return;
    }
    buffer_reserve(&resets, q.n + 1);
    bool any = find_resets(at, &q, resets.p);
    withdrawal_apply_queued(at->books, &q.row);
    for (size_t i = 0; i < q.n; i++) {
        bool takes_all = resets.p[i];
        struct withdrawal_item item = {
            .strategy = q.strategies->items[i].address,
            .scaled_shares = q.scaled->items[i].number,
            .shares = q.shares->items[i].number,
            .takes_all = takes_all,
            .factor_reset = takes_all || (any && reset_later(&q, resets.p, i)),
            /* EigenPodManager keeps those of beacon chain ETH, and says how many are left (NewTotalShares). */
            .moves = !address_equal(q.strategies->items[i].address, beacon_strategy),
        };
        apply_item(at, &q, i, &item);
    }
}

/* Emitted right after the WithdrawalQueued that moved a withdrawal of the first version here; its shares had left the deposit then
 * (ShareWithdrawalQueued). */
static bool is_migrated(const struct place *at, struct hash root)
{
    for (size_t j = at->i + 1; place_same_tx(at, j); j++)
        if (place_is(&at->decoded[j], "DelegationManager.WithdrawalMigrated") &&
            hash_equal(abi_hash(&at->decoded[j].values[1]), root))
            return true;
    return false;
}

/* Before the slashing release: what is queued is what is removed. */
static void rule_queued_legacy(const struct place *at, const struct abi_value *v)
{
    struct queue_log q;
    if (!queue_read(at, v, &v[1].items[6], &q)) {
        mark_lengths(at);
        return;
    }
    bool migrated = is_migrated(at, q.row.root);
    withdrawal_apply_queued(at->books, &q.row);
    for (size_t i = 0; i < q.n; i++) {
        struct amount x = q.scaled->items[i].number;
        struct withdrawal_item item = {.strategy = q.strategies->items[i].address,
                                       .scaled_shares = x,
                                       .shares = x,
                                       .moves = !migrated &&
                                                !address_equal(q.strategies->items[i].address, beacon_strategy)};
        struct withdrawal_taken taken = {.least = x, .most = x};
        withdrawal_apply_item(at->books, at->emitter, &q.row, (int64_t)i, &item, &taken);
    }
}

/* The first version's queue had no root in this event, hence only the deposit is known. One transaction on mainnet queued shares and
 * got them back at once, which no event says. */
static void rule_share_queued(const struct place *at, const struct abi_value *v)
{
    static const struct hash returned_at_once = {{0x62, 0xeb, 0x0d, 0x08, 0x65, 0xb2, 0x63, 0x6c, 0x74, 0xed, 0x14,
                                                  0x6e, 0x2d, 0x16, 0x1e, 0x39, 0xe4, 0x2b, 0x09, 0xba, 0xc7, 0xf8,
                                                  0x6b, 0x89, 0x05, 0xfc, 0x7a, 0x83, 0x09, 0x35, 0xdc, 0x1e}};
    if (!hash_equal(at->block->logs[at->i].tx_hash, returned_at_once))
        stake_apply_removal(at->books, at->emitter, v[0].address, v[2].address, v[3].number);
}

/* ---- completion ------------------------------------------------------------------------------------------------------ */

/* Whether log j gives shares back for what is due: StrategyManager's Deposit or, for beacon chain ETH, the pod manager's
 * PodSharesUpdated, or where that is not mirrored, the new scaling factor. */
static bool is_return(const struct place *at, size_t j, const struct withdrawal_due *due, struct address to)
{
    const struct decoded_log *log = &at->decoded[j];
    struct deposit_log deposit;
    if (deposit_read(log, &deposit))
        return address_equal(deposit.staker, to) && address_equal(deposit.strategy, due->strategy) &&
               amount_compare(deposit.shares, due->shares) == 0;
    if (!address_equal(due->strategy, beacon_strategy))
        return false;
    if (place_is(log, "EigenPodManager.PodSharesUpdated"))
        return address_equal(log->values[0].address, due->staker) && !log->values[1].negative &&
               amount_compare(log->values[1].number, due->shares) == 0;
    return place_is(log, "DelegationManager.DepositScalingFactorUpdated") &&
           address_equal(log->values[0].address, due->staker) && address_equal(log->values[1].address, beacon_strategy);
}

/* SlashingWithdrawalCompleted comes before what it pays. A strategy may have logs of its own before the Deposit (beforeAddShares). */
static void rule_completed(const struct place *at, const struct abi_value *v)
{
    struct hash root = abi_hash(&v[0]);
    struct withdrawal_due due;
    bool as_shares = false;
    if (withdrawal_due(at->books, root, 0, false, &due)) {
        size_t j = at->i + 1;
        while (place_same_tx(at, j) && address_equal(at->block->logs[j].address, due.strategy) &&
               !is_rate_of(at, j, due.strategy))
            j++;
        as_shares = place_same_tx(at, j) && is_return(at, j, &due, due.staker);
    }
    withdrawal_apply_completed(at->books, at->emitter, root, as_shares);
}

/* WithdrawalCompleted came after what it paid, and shares went to the withdrawer. */
static bool returned_before(const struct place *at, const struct withdrawal_due *due)
{
    for (size_t j = at->i; j-- > 0 && place_same_tx(at, j);) {
        const struct decoded_log *log = &at->decoded[j];
        if (is_return(at, j, due, due->withdrawer))
            return true;
        if (is_rate_of(at, j, due->strategy) ||
            (is_core(log) && !place_is(log, "DelegationManager.OperatorSharesIncreased")))
            return false;
    }
    return false;
}

static void rule_completed_legacy(const struct place *at, const struct abi_value *v)
{
    struct hash root = abi_hash(&v[0]);
    struct withdrawal_due due;
    bool as_shares = withdrawal_due(at->books, root, 0, true, &due) && returned_before(at, &due);
    withdrawal_apply_completed(at->books, at->emitter, root, as_shares);
}

const struct rule_row rules_withdrawal[] = {
    {"DelegationManager",
     "SlashingWithdrawalQueued(bytes32,(address,address,address,uint256,uint32,address[],uint256[]),uint256[])",
     rule_queued},
    {"DelegationManager", "SlashingWithdrawalCompleted(bytes32)", rule_completed},
    {"DelegationManager", "WithdrawalQueued(bytes32,(address,address,address,uint256,uint32,address[],uint256[]))",
     rule_queued_legacy},
    {"DelegationManager", "WithdrawalCompleted(bytes32)", rule_completed_legacy},
    {"StrategyManager", "ShareWithdrawalQueued(address,uint96,address,uint256)", rule_share_queued},
    {0},
};
