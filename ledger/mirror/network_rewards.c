/* ledger/mirror/network_rewards.c - see network_rewards.h. */
#include "ledger/mirror/network_rewards.h"

#include <stdio.h>
#include <stdlib.h>

#include "ledger/mirror/block.h"
#include "ledger/mirror/network_parameters.h"
#include "ledger/reward.h"

static enum err read_set(const char *where, const json_t *item, struct reward_operator_set *out)
{
    static const char *const members[] = {"avs", "id", NULL};
    uint64_t id = 0;
    bool has_avs = false;
    if (!json_is_object(item))
        return err_with(ERR_CONFIG, "%s: must be an object", where);
    TRY(network_check_members(where, item, members));
    TRY(network_get_address(where, item, "avs", true, &out->avs, &has_avs));
    TRY(network_get_number(where, item, "id", true, 0, UINT32_MAX, &id)); /* OperatorSet: a uint32 */
    out->id = (int64_t)id;
    return OK;
}

static enum err read_sets(const char *where, const json_t *parameters, struct arena *arena, struct reward_collector *c)
{
    const json_t *list = json_object_get(parameters, "operator_sets");
    if (list == NULL)
        return OK;
    if (!json_is_array(list))
        return err_with(ERR_CONFIG, "%s.operator_sets: must be an array", where);
    c->n_sets = json_array_size(list);
    c->sets = ARENA_ARRAY(arena, struct reward_operator_set, c->n_sets);
    for (size_t i = 0; i < c->n_sets; i++) {
        char item[128];
        snprintf(item, sizeof item, "%s.operator_sets[%zu]", where, i);
        TRY(read_set(item, json_array_get(list, i), &c->sets[i]));
        for (size_t j = 0; j < i; j++)
            if (c->sets[j].id == c->sets[i].id && address_equal(c->sets[j].avs, c->sets[i].avs))
                return err_with(ERR_CONFIG, "%s: is operator_sets[%zu] already", item, j);
    }
    return OK;
}

/* "together 10000": what is not said is all the operators'. */
static enum err read_parts(const char *where, const json_t *parameters, struct reward_collector *c)
{
    bool has_treasury = false;
    c->operators_bips = BIPS_ALL;
    TRY(network_get_number(where, parameters, "operators_bips", false, 0, BIPS_ALL, &c->operators_bips));
    TRY(network_get_number(where, parameters, "treasury_bips", false, 0, BIPS_ALL, &c->treasury_bips));
    TRY(network_get_number(where, parameters, "burn_bips", false, 0, BIPS_ALL, &c->burn_bips));
    uint64_t sum = c->operators_bips + c->treasury_bips + c->burn_bips;
    if (sum != BIPS_ALL)
        return err_with(ERR_CONFIG, "%s: operators_bips, treasury_bips and burn_bips must sum to %d, not %llu", where,
                        BIPS_ALL, (unsigned long long)sum);
    TRY(network_get_address(where, parameters, "treasury", c->treasury_bips > 0, &c->treasury, &has_treasury));
    if (has_treasury && address_is_zero(c->treasury))
        return err_with(ERR_CONFIG, "%s.treasury: must not be the zero address", where);
    return OK;
}

static enum err read_collector(struct network *n, size_t i, struct reward_collector *c)
{
    const json_t *parameters = json_object_get(n->contracts[i].entry, "parameters");
    char where[64];
    snprintf(where, sizeof where, "contracts[%zu].parameters", i);
    c->address = n->contracts[i].address;
    c->epoch_days = 1;
    TRY(network_get_number(where, parameters, "epoch_days", false, 1, EPOCH_DAYS_MAX, &c->epoch_days));
    TRY(read_parts(where, parameters, c));
    return read_sets(where, parameters, &n->arena, c);
}

static void see_coordinator(struct reward_terms *terms, struct address a)
{
    if (address_is_zero(terms->coordinator) || address_compare(&a, &terms->coordinator) < 0)
        terms->coordinator = a;
}

static enum err read_contracts(struct network *n)
{
    struct reward_terms *terms = &n->rewards;
    terms->collectors = ARENA_ARRAY(&n->arena, struct reward_collector, n->n_contracts);
    for (size_t i = 0; i < n->n_contracts; i++) {
        if (n->contracts[i].kind == KIND_REWARDS_COORDINATOR)
            see_coordinator(terms, n->contracts[i].address);
        if (n->contracts[i].kind == KIND_FEE_COLLECTOR)
            TRY(read_collector(n, i, &terms->collectors[terms->n_collectors++]));
    }
    terms->wanted = terms->n_collectors > 0 || !address_is_zero(terms->coordinator);
    if (terms->n_collectors > 0)
        qsort(terms->collectors, terms->n_collectors, sizeof *terms->collectors, address_compare);
    return OK;
}

enum err network_read_rewards(struct network *n)
{
    const json_t *parameters = json_object_get(n->file, "parameters");
    uint64_t split_bips = REWARD_DEFAULT_SPLIT_BIPS;
    n->rewards.booking_delay = REWARD_BOOKING_DELAY_DEFAULT;
    TRY(network_get_number("parameters", parameters, "reward_booking_delay_blocks", false, 1, BLOCK_NUMBER_MAX,
                           &n->rewards.booking_delay));
    TRY(network_get_number("parameters", parameters, "default_operator_split_bips", false, 0, BIPS_ALL, &split_bips));
    n->rewards.default_split_bips = (int64_t)split_bips;
    return read_contracts(n);
}

const struct reward_collector *network_collector(const struct network *n, struct address a, uint64_t block)
{
    if (n->rewards.n_collectors == 0 || !network_watches(n, a, block))
        return NULL;
    return bsearch(&a, n->rewards.collectors, n->rewards.n_collectors, sizeof *n->rewards.collectors, address_compare);
}
