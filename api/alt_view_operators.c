/* api/alt_view_operators.c - operators of a staking contract: stake, fees, activity, voted alerts. */
#include "api/alt_view.h"

static void write_active(struct json_writer *w, struct alt_view *v, const json_t *o, const char *path)
{
    enum alt_is is = alt_activity_of(v, o);
    alt_key_bool(w, "active", is != ALT_IS_IN_DOUBT, is == ALT_IS_ACTIVE);
    if (is == ALT_IS_IN_DOUBT)
        undetermined_add(&v->undetermined, v->has_min ? UNDETERMINED_COOLDOWN : UNDETERMINED_SETTING, "%s/active",
                         path);
}

static void write_fees(struct json_writer *w, const struct alt_view *v, const json_t *o)
{
    const json_t *fees = json_array_get(o, ALT_OPERATOR_FEES);
    jw_key(w, "fees");
    jw_array(w);
    for (size_t i = 0; i < json_array_size(fees); i++) {
        const json_t *f = json_array_get(fees, i);
        if (amount_is_zero(packed_amount(f, ALT_BOOKED_ACCRUED)))
            continue;
        const struct alt_terms *d = &v->figures.distributions[i];
        jw_object(w);
        alt_key_number(w, "distribution", true, d->id);
        alt_key_address(w, "reward_token", d->has_token, d->token);
        alt_key_amount(w, "accrued", true, packed_amount(f, ALT_BOOKED_ACCRUED));
        alt_key_amount(w, "protocol_fee", true, packed_amount(f, ALT_BOOKED_PROTOCOL_FEE));
        alt_key_amount(w, "operator_fee", true, packed_amount(f, ALT_BOOKED_OPERATOR_FEE));
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void write_voted(struct json_writer *w, struct alt_view *v, const json_t *o, const char *path)
{
    jw_key(w, "voted_alerts");
    if (packed_null(o, ALT_OPERATOR_VOTED)) {
        jw_null(w);
        undetermined_add(&v->undetermined, UNDETERMINED_VOTES, "%s/voted_alerts", path);
        return;
    }
    const json_t *list = json_array_get(o, ALT_OPERATOR_VOTED);
    jw_array(w);
    for (size_t i = 0; i < json_array_size(list); i++)
        jw_hash(w, packed_hash(list, i));
    jw_array_end(w);
}

static void write_operator(struct json_writer *w, struct alt_view *v, size_t i)
{
    const json_t *o = json_array_get(v->operators, i);
    const char *path = arena_printf(v->undetermined.arena, "/operators/%zu", i);
    jw_object(w);
    jw_key(w, "operator");
    jw_address(w, packed_address(o, ALT_OPERATOR_ADDRESS));
    alt_key_bool(w, "registered", true, packed_bool(o, ALT_OPERATOR_REGISTERED));
    alt_key_bool(w, "frozen", true, packed_bool(o, ALT_OPERATOR_FROZEN));
    write_active(w, v, o, path);
    alt_key_amount(w, "total_supply", true, packed_amount(o, ALT_OPERATOR_SUPPLY));
    alt_key_range(w, v, "total_cooldown", alt_cooling_of(o), path);
    alt_key_range(w, v, "total_voting_stake", alt_voting_of(o), path);
    alt_key_number(w, "fee_bps", true, packed_number(o, ALT_OPERATOR_FEE));
    alt_key_number(w, "pending_fee_bps", true, packed_number(o, ALT_OPERATOR_PENDING_FEE));
    alt_key_time(w, "fee_cooldown_end", packed_number(o, ALT_OPERATOR_FEE_END));
    bool has_key = !packed_null(o, ALT_OPERATOR_NODE_KEY);
    alt_key_address(w, "node_key", has_key, has_key ? packed_address(o, ALT_OPERATOR_NODE_KEY) : address_zero);
    write_voted(w, v, o, path);
    write_fees(w, v, o);
    jw_object_end(w);
}

void alt_write_operators(struct json_writer *w, struct alt_view *v)
{
    jw_key(w, "operators");
    jw_array(w);
    for (size_t i = 0; i < json_array_size(v->operators); i++)
        write_operator(w, v, i);
    jw_array_end(w);
}

static const struct member fee_members[] =
    {{.name = "distribution", .type = T_I32, .about = "Its id."},
     {.name = "reward_token", .type = T_ADDRESS, .nullable = true, .about = "What it pays in; null if never seen."},
     {.name = "accrued", .type = T_AMOUNT, .about = "Rewards of the operator's stakers so far, before fees."},
     {.name = "protocol_fee", .type = T_AMOUNT, .about = "Of that, paid to the protocol's vault."},
     {.name = "operator_fee", .type = T_AMOUNT, .about = "Of that, paid to the operator."},
     {0}};

const struct member alt_operator_members[] =
    {{.name = "operator", .type = T_ADDRESS, .about = "The operator; its address is the ERC-1155 id of its stake."},
     {.name = "registered", .type = T_BOOL, .about = "isOperator."},
     {.name = "frozen", .type = T_BOOL, .about = "isFrozenOperator; for good."},
     {.name = "active", .type = T_BOOL, .nullable = true, .about = "isActiveOperator; null if undetermined."},
     {.name = "total_supply", .type = T_AMOUNT, .about = "totalSupply: all that is staked with it."},
     {.name = "total_cooldown",
      .type = T_AMOUNT,
      .nullable = true,
      .about = "totalCooldownAmounts; null if undetermined."},
     {.name = "total_voting_stake",
      .type = T_AMOUNT,
      .nullable = true,
      .about = "totalVotingStake; null if undetermined."},
     {.name = "fee_bps", .type = T_I32, .about = "Its fee, in basis points of rewards."},
     {.name = "pending_fee_bps", .type = T_I32, .about = "The fee announced last."},
     {.name = "fee_cooldown_end",
      .type = T_TIME,
      .nullable = true,
      .about = "From when the announced fee may be set; null: none was announced."},
     {.name = "node_key", .type = T_ADDRESS, .nullable = true, .about = "nodeKeys: the authenticated one; null: none."},
     {.name = "voted_alerts",
      .nest = NEST_SCALARS,
      .type = T_HASH,
      .nullable = true,
      .about = "getVotedAlerts; null if undetermined."},
     {.name = "fees", .nest = NEST_LIST, .members = fee_members, .about = "Rewards and fees so far, by distribution."},
     {0}};
