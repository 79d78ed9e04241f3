/* api/alt_view_totals.c - totals and settings of a staking contract. */
#include <string.h>

#include "api/alt_view.h"

/* As in ledger.alt_setting. */
enum {
    SETTING_COOLDOWN = 1,
    SETTING_OPERATOR_FEE_COOLDOWN = 2,
    SETTING_PROTOCOL_FEE_COOLDOWN = 3,
    SETTING_MIN_VOTING_STAKE = 4,
    SETTING_EXPIRY_DURATION = 5,
    SETTING_FEE_BPS = 6,
    SETTING_PENDING_FEE_BPS = 7,
    SETTING_FEE_END = 8,
    SETTING_VAULT = 9,
    SETTING_DISTRIBUTIONS = 10
};

static bool setting_number(const struct alt_view *v, size_t number, int64_t *out)
{
    struct amount a;
    uint64_t n;
    if (!alt_setting_amount(v, number, &a) || amount_to_u64(a, &n) != OK || n > UINT64_C(1) << 53)
        return false;
    *out = (int64_t)n;
    return true;
}

static void write_distribution_count(struct json_writer *w, struct alt_view *v)
{
    int64_t n = 0;
    bool is_read = setting_number(v, SETTING_DISTRIBUTIONS, &n);
    alt_key_number(w, "total_distributions", is_read, n);
    if (!is_read)
        undetermined_add(&v->undetermined, UNDETERMINED_TERMS, "/totals/total_distributions");
    else if (v->figures.has_accrual && v->figures.accrual_block < v->block)
        undetermined_add(&v->undetermined, UNDETERMINED_AS_READ, "/totals/total_distributions")->read_at_block =
            v->figures.accrual_block;
}

static void write_activity(struct json_writer *w, struct alt_view *v)
{
    int64_t registered = 0, active = 0, listed = 0;
    bool known = true;
    for (size_t i = 0; i < json_array_size(v->operators); i++) {
        const json_t *o = json_array_get(v->operators, i);
        if (!packed_bool(o, ALT_OPERATOR_REGISTERED))
            continue;
        registered++;
        active += alt_activity_of(v, o) == ALT_IS_ACTIVE;
        known &= alt_activity_of(v, o) != ALT_IS_IN_DOUBT;
    }
    for (size_t i = 0; i < json_array_size(v->alerts); i++)
        listed += packed_bool(json_array_get(v->alerts, i), ALT_ALERT_LISTED);
    alt_key_number(w, "total_operators", true, registered);
    alt_key_number(w, "total_active_operators", known, active);
    alt_key_number(w, "activation_threshold", known,
                   active * 2 / 3); /* activationThreshold: totalActiveOperators * 2 / 3 */
    if (!known) {
        enum undetermined_reason why = v->has_min ? UNDETERMINED_COOLDOWN : UNDETERMINED_SETTING;
        undetermined_add(&v->undetermined, why, "/totals/total_active_operators");
        undetermined_add(&v->undetermined, why, "/totals/activation_threshold");
    }
    alt_key_number(w, "total_alerts", true, listed);
}

void alt_write_totals(struct json_writer *w, struct alt_view *v)
{
    struct amount staked = amount_zero, frozen = amount_zero;
    struct alt_range all = {amount_zero, amount_zero}, cold = all, votes = all;
    for (size_t i = 0; i < json_array_size(v->operators); i++) {
        const json_t *o = json_array_get(v->operators, i);
        struct amount supply = packed_amount(o, ALT_OPERATOR_SUPPLY);
        struct alt_range c = alt_cooling_of(o), s = alt_voting_of(o);
        staked = alt_plus(staked, supply);
        all = (struct alt_range){alt_plus(all.least, c.least), alt_plus(all.most, c.most)};
        votes = (struct alt_range){alt_plus(votes.least, s.least), alt_plus(votes.most, s.most)};
        if (!packed_bool(o, ALT_OPERATOR_FROZEN))
            continue;
        frozen = alt_plus(frozen, supply);
        cold = (struct alt_range){alt_plus(cold.least, c.least), alt_plus(cold.most, c.most)};
    }
    jw_key(w, "totals");
    jw_object(w);
    alt_key_amount(w, "total_staked", true, staked);
    alt_key_amount(w, "total_supply", true, staked);
    alt_key_range(w, v, "total_cooldown", all, "/totals");
    alt_key_amount(w, "total_frozen", true, frozen);
    alt_key_range(w, v, "total_frozen_cooldown", cold, "/totals");
    alt_key_range(w, v, "total_voting_stake", votes, "/totals");
    write_activity(w, v);
    write_distribution_count(w, v);
    jw_object_end(w);
}

static void key_setting(struct json_writer *w, struct alt_view *v, const char *key, size_t number, const char *path)
{
    int64_t n = 0;
    bool known = setting_number(v, number, &n);
    alt_key_number(w, key, known, n);
    if (!known)
        undetermined_add(&v->undetermined, UNDETERMINED_SETTING, "%s/%s", path, key);
}

/* Storage that no event has set yet is zero. */
static int64_t setting_or_zero(const struct alt_view *v, size_t number)
{
    int64_t n = 0;
    return setting_number(v, number, &n) ? n : 0;
}

static void write_protocol(struct json_writer *w, struct alt_view *v)
{
    struct amount vault;
    uint8_t be[32];
    struct address a = address_zero;
    jw_key(w, "protocol");
    jw_object(w);
    bool has_vault = alt_setting_amount(v, SETTING_VAULT, &vault);
    if (has_vault) {
        amount_to_be(vault, be);
        memcpy(a.b, be + sizeof be - sizeof a.b, sizeof a.b);
    } else {
        undetermined_add(&v->undetermined, UNDETERMINED_SETTING, "/config/protocol/vault");
    }
    alt_key_address(w, "vault", has_vault, a);
    key_setting(w, v, "cooldown_seconds", SETTING_PROTOCOL_FEE_COOLDOWN, "/config/protocol");
    key_setting(w, v, "fee_bps", SETTING_FEE_BPS, "/config/protocol");
    alt_key_number(w, "pending_fee_bps", true, setting_or_zero(v, SETTING_PENDING_FEE_BPS));
    alt_key_time(w, "fee_cooldown_end", setting_or_zero(v, SETTING_FEE_END));
    jw_object_end(w);
}

void alt_write_config(struct json_writer *w, struct alt_view *v)
{
    jw_key(w, "config");
    jw_object(w);
    alt_key_bool(w, "paused", true, v->paused);
    key_setting(w, v, "cooldown_seconds", SETTING_COOLDOWN, "/config");
    alt_key_amount(w, "min_voting_stake", v->has_min, v->min_voting_stake);
    if (!v->has_min)
        undetermined_add(&v->undetermined, UNDETERMINED_SETTING, "/config/min_voting_stake");
    key_setting(w, v, "expiry_duration", SETTING_EXPIRY_DURATION, "/config");
    key_setting(w, v, "operator_fee_cooldown_seconds", SETTING_OPERATOR_FEE_COOLDOWN, "/config");
    write_protocol(w, v);
    jw_object_end(w);
}

#define TOTAL(n, what)                             \
    {                                              \
        .name = n, .type = T_AMOUNT, .about = what \
    }
#define DOUBTFUL(n, what)                                                                      \
    {                                                                                          \
        .name = n, .type = T_AMOUNT, .nullable = true, .about = what "; null if undetermined." \
    }
#define COUNT(n, what)                          \
    {                                           \
        .name = n, .type = T_U64, .about = what \
    }
#define NULLABLE_COUNT(n, what)                                                             \
    {                                                                                       \
        .name = n, .type = T_U64, .nullable = true, .about = what "; null if undetermined." \
    }

const struct member alt_totals_members[] = {TOTAL("total_staked", "totalStakedAmount."),
                                            TOTAL("total_supply", "totalSupply of all ids."),
                                            DOUBTFUL("total_cooldown", "totalCooldownAmount"),
                                            TOTAL("total_frozen", "totalFrozenAmount: staked with frozen operators."),
                                            DOUBTFUL("total_frozen_cooldown",
                                                     "totalFrozenCooldownAmount: of that, what cools down"),
                                            DOUBTFUL("total_voting_stake", "totalVotingStake"),
                                            COUNT("total_operators", "totalOperators."),
                                            NULLABLE_COUNT("total_active_operators", "totalActiveOperators"),
                                            NULLABLE_COUNT("activation_threshold",
                                                           "activationThreshold: votes that make an alert active"),
                                            COUNT("total_alerts", "totalAlerts."),
                                            NULLABLE_COUNT("total_distributions", "totalDistributions"),
                                            {0}};

static const struct member protocol_members[] =
    {{.name = "vault",
      .type = T_ADDRESS,
      .nullable = true,
      .about = "Who is paid the protocol's fees; null if undetermined."},
     NULLABLE_COUNT("cooldown_seconds", "How long before an announced fee may be set"),
     NULLABLE_COUNT("fee_bps", "The protocol's fee, in basis points of rewards"),
     COUNT("pending_fee_bps", "The fee announced last."),
     {.name = "fee_cooldown_end",
      .type = T_TIME,
      .nullable = true,
      .about = "From when the announced fee may be set; null: none was announced."},
     {0}};

const struct member alt_config_members[] =
    {{.name = "paused", .type = T_BOOL, .about = "OpenZeppelin Pausable."},
     NULLABLE_COUNT("cooldown_seconds", "cooldownSeconds: between cooldownToUnstake and unstake"),
     DOUBTFUL("min_voting_stake", "minVotingStake: what an operator needs to be active"),
     NULLABLE_COUNT("expiry_duration", "expiryDuration of alerts about messages, in seconds"),
     NULLABLE_COUNT("operator_fee_cooldown_seconds", "How long before an operator may set an announced fee"),
     {.name = "protocol", .nest = NEST_OBJECT, .members = protocol_members, .about = "protocolConfig."},
     {0}};
