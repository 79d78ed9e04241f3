/* ledger/mirror/rules_allocation.c - EigenLayer allocations and slashes: which events of the AllocationManager change which books. */
#include "ledger/allocation.h"
#include "ledger/mirror/network_parameters.h"
#include "ledger/mirror/rules.h"
#include "ledger/slash.h"
#include "ledger/token.h"

/* OperatorSet {address avs; uint32 id} */
static struct operator_set set_of(const struct abi_value *v)
{
    return (struct operator_set){v->items[0].address, abi_u32(&v->items[1])};
}

static void rule_max_magnitude(const struct place *at, const struct abi_value *v)
{
    allocation_apply_max_magnitude(at->books, v[0].address, v[1].address, v[2].number);
}

static void rule_encumbered(const struct place *at, const struct abi_value *v)
{
    allocation_apply_encumbered(at->books, v[0].address, v[1].address, v[2].number);
}

static void rule_allocation(const struct place *at, const struct abi_value *v)
{
    allocation_apply(at->books, v[0].address, set_of(&v[1]), v[2].address, v[3].number, abi_u32(&v[4]));
}

static void rule_delay(const struct place *at, const struct abi_value *v)
{
    allocation_apply_delay(at->books, v[0].address, abi_u32(&v[1]), abi_u32(&v[2]));
}

static void rule_set_created(const struct place *at, const struct abi_value *v)
{
    allocation_apply_set(at->books, set_of(&v[0]), address_zero);
}

static void rule_recipient(const struct place *at, const struct abi_value *v)
{
    allocation_apply_set(at->books, set_of(&v[0]), v[1].address);
}

static void rule_strategy_added(const struct place *at, const struct abi_value *v)
{
    allocation_apply_set_strategy(at->books, set_of(&v[0]), v[1].address, true);
}

static void rule_strategy_removed(const struct place *at, const struct abi_value *v)
{
    allocation_apply_set_strategy(at->books, set_of(&v[0]), v[1].address, false);
}

static void rule_operator_added(const struct place *at, const struct abi_value *v)
{
    allocation_apply_added(at->books, v[0].address, set_of(&v[1]));
}

static void rule_operator_removed(const struct place *at, const struct abi_value *v)
{
    allocation_apply_removed(at->books, v[0].address, set_of(&v[1]),
                             network_parameter(at->network, at->contract, "deallocation_delay_blocks",
                                               DEALLOCATION_DELAY_BLOCKS));
}

static void rule_slasher_updated(const struct place *at, const struct abi_value *v)
{
    allocation_apply_slasher(at->books, set_of(&v[0]), v[1].address, abi_u32(&v[2]));
}

/* migrateSlashers: "instantEffectBlock: true" */
static void rule_slasher_migrated(const struct place *at, const struct abi_value *v)
{
    allocation_apply_slasher(at->books, set_of(&v[0]), v[1].address, (int64_t)at->block->number);
}

/* ---- slashes: the logs of one lie between the OperatorSlashed before it in the transaction and its own ----------------- */

static const struct abi_value *values_if(const struct place *at, size_t j, const char *type)
{
    return place_is(&at->decoded[j], type) ? at->decoded[j].values : NULL;
}

static size_t slash_begin(const struct place *at)
{
    size_t j = at->i;
    while (j > 0 && place_same_tx(at, j - 1) && !place_is(&at->decoded[j - 1], "AllocationManager.OperatorSlashed"))
        j--;
    return j;
}

static bool same_set(struct operator_set a, struct operator_set b)
{
    return a.id == b.id && address_equal(a.avs, b.avs);
}

/* Slashes that take no shares, or only beacon chain ETH, name no id. Before v1.5.0 there were none, and burnable shares had another
 * event. */
static struct slash_number number_of(const struct place *at, size_t begin, struct operator_set set)
{
    struct slash_number number = {.named = amount_zero, .numbered = true};
    for (size_t j = begin; j < at->i; j++) {
        const struct abi_value *v = values_if(at, j, "StrategyManager.BurnOrRedistributableSharesIncreased");
        if (v != NULL && same_set(set_of(&v[0]), set))
            number.named = v[1].number;
        if (place_is(&at->decoded[j], "StrategyManager.BurnableSharesIncreased"))
            number.numbered = false;
    }
    return number;
}

/* What the slash's logs say of one strategy. The shares that live stake lost are those taken from the operator in the name of the
 * zero address. */
static struct slash_item gather(const struct place *at, size_t begin, struct address operator, struct address strategy)
{
    struct slash_item item = {.strategy = strategy};
    for (size_t j = begin; j < at->i; j++) {
        const struct abi_value *v;
        if ((v = values_if(at, j, "AllocationManager.MaxMagnitudeUpdated")) != NULL) {
            if (address_equal(v[0].address, operator) && address_equal(v[1].address, strategy))
                item.magnitude_changed = true;
        } else if ((v = values_if(at, j, "DelegationManager.OperatorSharesDecreased")) != NULL) {
            if (address_equal(v[0].address, operator) && address_is_zero(v[1].address) &&
                address_equal(v[2].address, strategy))
                item.live_shares = v[3].number;
        } else if ((v = values_if(at, j, "DelegationManager.OperatorSharesSlashed")) != NULL) {
            if (address_equal(v[0].address, operator) && address_equal(v[1].address, strategy))
                item.total_shares = v[2].number;
        }
    }
    return item;
}

static void rule_slashed(const struct place *at, const struct abi_value *v)
{
    const struct abi_value *strategies = &v[2], *wads = &v[3];
    struct address operator= v[0].address;
    struct operator_set set = set_of(&v[1]);
    if (strategies->n_items != wads->n_items) {
        token_mark_inconsistent(at->books, at->emitter, "a slash whose lists differ in length was not booked");
        return;
    }
    size_t begin = slash_begin(at);
    slash_apply(at->books, operator, set, number_of(at, begin, set), strategies->n_items, v[4].bytes);
    for (size_t i = 0; i < strategies->n_items; i++) {
        struct slash_item item = {.strategy = strategies->items[i].address};
        /* A strategy that was passed over has no logs to look for. */
        if (!amount_is_zero(wads->items[i].number))
            item = gather(at, begin, operator, item.strategy);
        item.item = i;
        item.wad_slashed = wads->items[i].number;
        slash_apply_strategy(at->books, operator, set, &item);
    }
}

const struct rule_row rules_allocation[] = {
    {"AllocationManager", "MaxMagnitudeUpdated(address,address,uint64)", rule_max_magnitude},
    {"AllocationManager", "EncumberedMagnitudeUpdated(address,address,uint64)", rule_encumbered},
    {"AllocationManager", "AllocationUpdated(address,(address,uint32),address,uint64,uint32)", rule_allocation},
    {"AllocationManager", "AllocationDelaySet(address,uint32,uint32)", rule_delay},
    {"AllocationManager", "OperatorSetCreated((address,uint32))", rule_set_created},
    {"AllocationManager", "RedistributionAddressSet((address,uint32),address)", rule_recipient},
    {"AllocationManager", "StrategyAddedToOperatorSet((address,uint32),address)", rule_strategy_added},
    {"AllocationManager", "StrategyRemovedFromOperatorSet((address,uint32),address)", rule_strategy_removed},
    {"AllocationManager", "OperatorAddedToOperatorSet(address,(address,uint32))", rule_operator_added},
    {"AllocationManager", "OperatorRemovedFromOperatorSet(address,(address,uint32))", rule_operator_removed},
    {"AllocationManager", "SlasherUpdated((address,uint32),address,uint32)", rule_slasher_updated},
    {"AllocationManager", "SlasherMigrated((address,uint32),address)", rule_slasher_migrated},
    {"AllocationManager", "OperatorSlashed(address,(address,uint32),address[],uint256[],string)", rule_slashed},
    {0},
};
