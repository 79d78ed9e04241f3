/* ledger/mirror/network_parameters.c - see network_parameters.h. */
#include "ledger/mirror/network_parameters.h"

#include <stdio.h>
#include <string.h>

#include "ledger/mirror/block.h"
#include "ledger/mirror/network.h"

enum form { BLOCKS, SECONDS, UNIX_TIME, BIPS, CLOCK, ADDRESS, ADDRESSES, AMOUNT, ALT_STAKING, READ_LATER };

struct parameter {
    const char *name;
    enum form form;
};

/* What contracts keep as constants or set without an event. To add a parameter: one row. */
static const struct parameter parameters_known[] = {
    {"finality_depth_blocks", BLOCKS},   /* archives: how far below the head a block is final */
    {"clock", CLOCK},                    /* EIP-6372: what snapshots and deadlines count */
    {"timelock_grace_seconds", SECONDS}, /* GovernorTimelockCompound: GRACE_PERIOD of the governor's timelock */
    /* EigenLayer */
    {"min_withdrawal_delay_blocks", BLOCKS},
    {"deallocation_delay_blocks", BLOCKS},
    {"allocation_configuration_delay_blocks", BLOCKS},
    {"slasher_configuration_delay_blocks", BLOCKS},
    {"calculation_interval_seconds", SECONDS},
    {"max_rewards_duration_seconds", SECONDS},
    {"max_retroactive_length_seconds", SECONDS},
    {"max_future_length_seconds", SECONDS},
    {"genesis_rewards_timestamp", UNIX_TIME},
    {"activation_delay_seconds", SECONDS},
    {"default_operator_split_bips", BIPS},
    {"protocol_fee_bips", BIPS},
    /* payouts */
    {"reward_booking_delay_blocks", READ_LATER}, /* how far above a day's last block it is closed: network_rewards.c */
    {"alt_staking", ALT_STAKING},
    /* of a fee collector: network_rewards.c */
    {"epoch_days", READ_LATER},
    {"operators_bips", READ_LATER},
    {"treasury_bips", READ_LATER},
    {"burn_bips", READ_LATER},
    {"treasury", READ_LATER},
    {"operator_sets", READ_LATER},
    {NULL, BLOCKS},
};

/* Where they would mean nothing, they are refused. */
static const char *const of_file[] = {"default_operator_split_bips", "reward_booking_delay_blocks", NULL};
static const char *const of_collector[] = {"epoch_days", "operators_bips", "treasury_bips",
                                           "burn_bips",  "treasury",       "operator_sets",
                                           NULL};

static const struct parameter alt_staking_known[] = {
    {"cooldown_seconds", SECONDS},
    {"operator_fee_cooldown_seconds", SECONDS},
    {"protocol_fee_cooldown_seconds", SECONDS},
    {"protocol_fee_vault", ADDRESS},
    {"min_voting_stake", AMOUNT},
    {"alert_expiry_seconds", SECONDS},
    {"contract_wallets", ADDRESSES}, /* stakers with code; all others count as EOAs */
    {NULL, BLOCKS},
};

enum { SECONDS_MAX = 0x7fffffff, BIPS_MAX = 10000 };

static enum err mistake(const char *where, const char *member, const char *what)
{
    return err_with(ERR_CONFIG, "%s%s%.64s: %s", where, *where ? "." : "", member, what);
}

enum err network_check_members(const char *where, const json_t *object, const char *const known[])
{
    const char *member;
    json_t *value;
    json_object_foreach((json_t *)object, member, value)
    {
        size_t i = 0;
        while (known[i] != NULL && strcmp(known[i], member) != 0)
            i++;
        if (known[i] == NULL)
            return mistake(where, member, "no such member");
    }
    return OK;
}

enum err network_get_text(const char *where, const json_t *object, const char *member, bool required, const char **out)
{
    const json_t *value = json_object_get(object, member);
    if (value == NULL)
        return required ? mistake(where, member, "missing") : OK;
    if (!json_is_string(value))
        return mistake(where, member, "must be a string");
    if (json_string_length(value) == 0)
        return mistake(where, member, "must not be empty");
    *out = json_string_value(value);
    return OK;
}

enum err network_get_address(const char *where, const json_t *object, const char *member, bool required,
                             struct address *out, bool *has)
{
    const char *text = NULL;
    TRY(network_get_text(where, object, member, required, &text));
    if (text == NULL)
        return OK;
    if (address_parse(text, strlen(text), out) != OK) {
        char what[128];
        snprintf(what, sizeof what, "\"%.64s\" is not an address", text);
        return mistake(where, member, what);
    }
    *has = true;
    return OK;
}

enum err network_get_number(const char *where, const json_t *object, const char *member, bool required, uint64_t least,
                            uint64_t most, uint64_t *out)
{
    const json_t *value = json_object_get(object, member);
    if (value == NULL)
        return required ? mistake(where, member, "missing") : OK;
    if (!json_is_integer(value))
        return mistake(where, member, "must be a whole number");
    json_int_t v = json_integer_value(value);
    if (v < 0 || (uint64_t)v < least || (uint64_t)v > most) {
        char what[96];
        snprintf(what, sizeof what, "must lie between %llu and %llu", (unsigned long long)least,
                 (unsigned long long)most);
        return mistake(where, member, what);
    }
    *out = (uint64_t)v;
    return OK;
}

static enum err check_clock(const char *where, const json_t *object, const char *member)
{
    const char *text = NULL;
    TRY(network_get_text(where, object, member, true, &text));
    if (strcmp(text, "block") != 0 && strcmp(text, "timestamp") != 0)
        return mistake(where, member, "must be \"block\" or \"timestamp\"");
    return OK;
}

static enum err check_amount(const char *where, const json_t *object, const char *member)
{
    const char *text = NULL;
    struct amount amount;
    TRY(network_get_text(where, object, member, true, &text));
    if (amount_parse(text, strlen(text), &amount) != OK)
        return mistake(where, member, "must be a whole amount in base units, as a string of digits below 2^256");
    return OK;
}

static enum err check_addresses(const char *where, const json_t *object, const char *member)
{
    const json_t *list = json_object_get(object, member), *item;
    size_t i;
    if (!json_is_array(list))
        return mistake(where, member, "must be an array of addresses");
    json_array_foreach(list, i, item)
    {
        struct address a;
        if (!json_is_string(item) || address_parse(json_string_value(item), json_string_length(item), &a) != OK)
            return err_with(ERR_CONFIG, "%s.%s[%zu]: must be an address", where, member, i);
    }
    return OK;
}

static enum err check_table(const char *where, const json_t *object, const struct parameter *known);

static enum err check_parameter(const char *where, const json_t *object, const struct parameter *p)
{
    uint64_t number;
    struct address address;
    bool has;
    char path[128];
    switch (p->form) {
    case BLOCKS:
        return network_get_number(where, object, p->name, true, 0, BLOCK_NUMBER_MAX, &number);
    case SECONDS:
    case UNIX_TIME:
        return network_get_number(where, object, p->name, true, 0, SECONDS_MAX, &number);
    case BIPS:
        return network_get_number(where, object, p->name, true, 0, BIPS_MAX, &number);
    case CLOCK:
        return check_clock(where, object, p->name);
    case ADDRESS:
        return network_get_address(where, object, p->name, true, &address, &has);
    case ADDRESSES:
        return check_addresses(where, object, p->name);
    case AMOUNT:
        return check_amount(where, object, p->name);
    case ALT_STAKING:
        snprintf(path, sizeof path, "%s.%s", where, p->name);
        return check_table(path, json_object_get(object, p->name), alt_staking_known);
    case READ_LATER:
        return OK;
    }
    return mistake(where, p->name, "no such form");
}

/* Recursion ends: no table lists itself. */
static enum err check_table(const char *where, const json_t *object, const struct parameter *known)
{
    const char *member;
    json_t *value;
    if (!json_is_object(object))
        return err_with(ERR_CONFIG, "%s: must be an object", where);
    json_object_foreach((json_t *)object, member, value)
    {
        const struct parameter *p = known;
        while (p->name != NULL && strcmp(p->name, member) != 0)
            p++;
        if (p->name == NULL)
            return mistake(where, member, "no such parameter");
        TRY(check_parameter(where, object, p));
    }
    return OK;
}

static enum err refuse_here(const char *where, const json_t *object, const char *const names[], const char *what)
{
    for (size_t i = 0; names[i] != NULL; i++)
        if (json_object_get(object, names[i]) != NULL)
            return mistake(where, names[i], what);
    return OK;
}

enum err network_check_parameters(const char *where, const struct contract *c, const json_t *parameters)
{
    TRY(check_table(where, parameters, parameters_known));
    if (c != NULL)
        TRY(refuse_here(where, parameters, of_file, "belongs to the parameters of the file"));
    if (c == NULL || c->kind != KIND_FEE_COLLECTOR)
        TRY(refuse_here(where, parameters, of_collector, "belongs to a fee_collector"));
    return OK;
}

/* ---- reading them once they are checked --------------------------------------------------------------------------- */

/* The object that says something about the member: of the entry, else of the file; NULL: neither. */
static const json_t *holder(const struct network *n, const struct contract *c, const char *group, const char *member)
{
    const json_t *places[] = {json_object_get(c->entry, "parameters"), json_object_get(n->file, "parameters")};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const json_t *place = group != NULL ? json_object_get(places[i], group) : places[i];
        if (json_object_get(place, member) != NULL)
            return place;
    }
    return NULL;
}

uint64_t network_parameter(const struct network *n, const struct contract *c, const char *name, uint64_t otherwise)
{
    const json_t *place = holder(n, c, NULL, name);
    return place != NULL ? (uint64_t)json_integer_value(json_object_get(place, name)) : otherwise;
}

bool network_clock_is_time(const struct network *n, const struct contract *c)
{
    const char *clock = json_string_value(json_object_get(holder(n, c, NULL, "clock"), "clock"));
    return clock != NULL && strcmp(clock, "timestamp") == 0;
}

static bool staking_number(const struct network *n, const struct contract *c, const char *name, uint64_t *out)
{
    const json_t *place = holder(n, c, "alt_staking", name);
    if (place != NULL)
        *out = (uint64_t)json_integer_value(json_object_get(place, name));
    return place != NULL;
}

static const char *staking_text(const struct network *n, const struct contract *c, const char *name)
{
    return json_string_value(json_object_get(holder(n, c, "alt_staking", name), name));
}

void network_staking(const struct network *n, const struct contract *c, struct staking_parameters *out)
{
    *out = (struct staking_parameters){0};
    out->has_cooldown = staking_number(n, c, "cooldown_seconds", &out->cooldown_seconds);
    out->has_operator_fee_cooldown = staking_number(n, c, "operator_fee_cooldown_seconds",
                                                    &out->operator_fee_cooldown_seconds);
    out->has_protocol_fee_cooldown = staking_number(n, c, "protocol_fee_cooldown_seconds",
                                                    &out->protocol_fee_cooldown_seconds);
    out->has_alert_expiry = staking_number(n, c, "alert_expiry_seconds", &out->alert_expiry_seconds);
    const char *vault = staking_text(n, c, "protocol_fee_vault");
    const char *stake = staking_text(n, c, "min_voting_stake");
    out->has_protocol_fee_vault = vault != NULL && address_parse(vault, strlen(vault), &out->protocol_fee_vault) == OK;
    out->has_min_voting_stake = stake != NULL && amount_parse(stake, strlen(stake), &out->min_voting_stake) == OK;
}

bool network_names_contract_wallets(const struct network *n, const struct contract *c)
{
    return json_object_get(holder(n, c, "alt_staking", "contract_wallets"), "contract_wallets") != NULL;
}

bool network_is_contract_wallet(const struct network *n, const struct contract *c, struct address staker)
{
    const json_t *list = json_object_get(holder(n, c, "alt_staking", "contract_wallets"), "contract_wallets"), *item;
    size_t i;
    json_array_foreach(list, i, item)
    {
        struct address a;
        if (address_parse(json_string_value(item), json_string_length(item), &a) == OK && address_equal(a, staker))
            return true;
    }
    return false;
}
