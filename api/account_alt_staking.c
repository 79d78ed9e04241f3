/* api/account_alt_staking.c - see account_alt_staking.h. */
#include "api/account_alt_staking.h"

#include <assert.h>
#include <string.h>

#include "api/alt_view.h"

enum {
    POSITION_OPERATOR,
    POSITION_STAKED,
    POSITION_COOLING,
    POSITION_DOUBT,
    POSITION_STARTED,
    POSITION_FROZEN,
    POSITION_REWARDS
};
enum { REWARD_CREDITED, REWARD_POOL, REWARD_OPEN, REWARD_INDEX };

/* One position while it is written. */
struct position {
    const struct alt_figures *figures;
    const json_t *packed, *rewards;
    int64_t now;
    uint64_t block;
    struct amount staked, cooling, least_cooling;
    bool is_doubtful, is_frozen;
    struct undetermined undetermined;
};

/* ---- cooldown and voting stake ------------------------------------------------------------------------------------ */

static void write_cooldown(struct json_writer *w, struct position *p)
{
    jw_key(w, "cooldown");
    if (amount_is_zero(p->cooling)) {
        jw_null(w);
        return;
    }
    /* As long as something surely cools down, its timer is the last CooldownToUnstake's. */
    bool has_start = !amount_is_zero(p->least_cooling), has_seconds = p->figures->has_cooldown_seconds;
    int64_t started_at = packed_number(p->packed, POSITION_STARTED);
    jw_object(w);
    alt_key_amount(w, "amount", !p->is_doubtful, p->cooling);
    alt_key_time(w, "started_at", has_start ? started_at : 0);
    alt_key_time(w, "available_at", has_start && has_seconds ? started_at + p->figures->cooldown_seconds : 0);
    jw_object_end(w);
    if (p->is_doubtful) {
        struct undetermined_item *item = undetermined_add(&p->undetermined, UNDETERMINED_COOLDOWN, "/cooldown%s",
                                                          has_start ? "/amount" : "");
        item->has_bounds = true;
        item->least = p->least_cooling;
        item->most = p->cooling;
    }
    if (has_start && !has_seconds)
        undetermined_add(&p->undetermined, UNDETERMINED_SETTING, "/cooldown/available_at");
}

/* votingStake: isFrozenOperator(operator) ? 0 : balance - cooldown. False: in doubt. */
static bool voting_stake(const struct position *p, struct amount *out)
{
    *out = p->is_frozen ? amount_zero : amount_minus_or_zero(p->staked, p->cooling);
    return p->is_frozen || !p->is_doubtful;
}

static void write_voting_stake(struct json_writer *w, struct position *p)
{
    struct amount stake;
    bool known = voting_stake(p, &stake);
    alt_key_amount(w, "voting_stake", known, stake);
    if (known)
        return;
    struct undetermined_item *item = undetermined_add(&p->undetermined, UNDETERMINED_COOLDOWN, "/voting_stake");
    item->has_bounds = true;
    item->least = stake;
    item->most = amount_minus_or_zero(p->staked, p->least_cooling);
}

/* ---- rewards ------------------------------------------------------------------------------------------------------ */

static struct amount credited(const struct position *p, size_t i)
{
    return packed_amount(json_array_get(p->rewards, i), REWARD_CREDITED);
}

static size_t pool_of(const struct position *p, size_t i)
{
    return (size_t)packed_number(json_array_get(p->rewards, i), REWARD_POOL);
}

/* What the members of a pool were credited with, but for one of them. */
static struct amount credited_in(const struct position *p, size_t pool, size_t but)
{
    struct amount sum = amount_zero;
    for (size_t i = 0; i < json_array_size(p->rewards); i++)
        if (i != but && pool_of(p, i) == pool && amount_add(sum, credited(p, i), &sum) != OK)
            return amount_max;
    return sum;
}

/* Claims of a pool that could not be divided. */
static struct amount open_claims(const struct position *p, size_t pool)
{
    return packed_amount(json_array_get(p->rewards, pool - 1), REWARD_OPEN); /* ids count from 1 */
}

static void write_claimable(struct json_writer *w, struct position *p, size_t i)
{
    size_t pool = pool_of(p, i);
    alt_key_amount(w, "claimable", pool == 0, credited(p, i));
    if (pool == 0)
        return;
    struct amount open = open_claims(p, pool);
    struct undetermined_item *item = undetermined_add(&p->undetermined, UNDETERMINED_CLAIM, "/rewards/%zu/claimable",
                                                      i);
    item->has_bounds = true;
    item->least = amount_minus_or_zero(credited(p, i), open);
    item->most = amount_minus_or_zero(credited(p, i), amount_minus_or_zero(open, credited_in(p, pool, i)));
}

static void write_pending(struct json_writer *w, struct position *p, size_t i)
{
    const struct alt_terms *d = &p->figures->distributions[i];
    struct amount stake, index, pending = amount_zero;
    bool from_terms = false, has_stake = voting_stake(p, &stake);
    bool is_nothing = has_stake && amount_is_zero(stake);
    bool known = is_nothing ||
                 (alt_index_now(d, p->now, &index, &from_terms) && has_stake &&
                  alt_accrued(stake, index, packed_amount(json_array_get(p->rewards, i), REWARD_INDEX), &pending));
    alt_key_amount(w, "pending", known, pending);
    if (is_nothing)
        return;
    if (!has_stake)
        undetermined_add(&p->undetermined, UNDETERMINED_COOLDOWN, "/rewards/%zu/pending", i);
    else if (!known)
        undetermined_add(&p->undetermined, UNDETERMINED_TERMS, "/rewards/%zu/pending", i);
    else if (from_terms && d->read_block < p->block)
        undetermined_add(&p->undetermined, UNDETERMINED_AS_READ, "/rewards/%zu/pending", i)->read_at_block =
            d->read_block;
}

static void write_rewards(struct json_writer *w, struct position *p)
{
    jw_key(w, "rewards");
    jw_array(w);
    for (size_t i = 0; i < p->figures->n; i++) {
        const struct alt_terms *d = &p->figures->distributions[i];
        jw_object(w);
        jw_key(w, "distribution");
        jw_i64(w, d->id);
        jw_key(w, "reward_token");
        if (d->has_token) {
            jw_address(w, d->token);
        } else {
            jw_null(w);
            undetermined_add(&p->undetermined, UNDETERMINED_PAYER, "/rewards/%zu/reward_token", i);
        }
        write_claimable(w, p, i);
        write_pending(w, p, i);
        alt_key_amount(w, "user_index", true, packed_amount(json_array_get(p->rewards, i), REWARD_INDEX));
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void write_pools(struct json_writer *w, const struct position *p)
{
    jw_key(w, "claimable_pools");
    jw_array(w);
    for (size_t pool = 1; pool <= p->figures->n; pool++) {
        if (pool_of(p, pool - 1) != pool) /* named by its lowest member */
            continue;
        jw_object(w);
        jw_key(w, "distributions");
        jw_array(w);
        for (size_t i = 0; i < p->figures->n; i++)
            if (pool_of(p, i) == pool)
                jw_u64(w, i + 1);
        jw_array_end(w);
        alt_key_amount(w, "claimable", true,
                       amount_minus_or_zero(credited_in(p, pool, p->figures->n), open_claims(p, pool)));
        jw_object_end(w);
    }
    jw_array_end(w);
}

/* ---- the section -------------------------------------------------------------------------------------------------- */

static void write_position(const struct request *r, struct json_writer *w, const struct alt_figures *figures,
                           const json_t *packed)
{
    struct amount doubt = packed_amount(packed, POSITION_DOUBT);
    struct position p = {.figures = figures,
                         .packed = packed,
                         .rewards = json_array_get(packed, POSITION_REWARDS),
                         .now = r->as_of.time.unix_seconds,
                         .block = r->as_of.number,
                         .staked = packed_amount(packed, POSITION_STAKED),
                         .cooling = packed_amount(packed, POSITION_COOLING),
                         .is_doubtful = !amount_is_zero(doubt),
                         .is_frozen = !packed_null(packed, POSITION_FROZEN) && packed_bool(packed, POSITION_FROZEN),
                         .undetermined = {.arena = r->arena}};
    assert(json_array_size(p.rewards) == figures->n);
    p.least_cooling = amount_minus_or_zero(p.cooling, doubt);
    jw_object(w);
    jw_key(w, "contract");
    jw_address(w, figures->contract);
    jw_key(w, "operator");
    jw_address(w, packed_address(packed, POSITION_OPERATOR));
    alt_key_amount(w, "staked", true, p.staked);
    write_cooldown(w, &p);
    write_voting_stake(w, &p);
    write_rewards(w, &p);
    write_pools(w, &p);
    undetermined_write(w, &p.undetermined);
    jw_object_end(w);
}

void account_alt_staking_write(const struct request *r, struct json_writer *w, const struct rows *rows, size_t row,
                               size_t column)
{
    jw_key(w, "alt_staking");
    jw_array(w);
    if (!rows_null(rows, row, column)) {
        const char *text = rows_text(rows, row, column);
        AUTO_JSON tree = NULL;
        enum err e = json_parse(text, strlen(text), JSON_DEPTH_MAX, &tree);
        assert(e == OK);
        for (size_t i = 0; i < json_array_size(tree); i++) {
            const json_t *packed = json_array_get(tree, i), *positions = json_array_get(packed, 1);
            struct alt_figures figures;
            alt_figures_read(json_array_get(packed, 0), r->arena, &figures);
            for (size_t j = 0; j < json_array_size(positions); j++)
                write_position(r, w, &figures, json_array_get(positions, j));
        }
    }
    jw_array_end(w);
}

static const struct member cooldown_members[] =
    {{.name = "amount", .type = T_AMOUNT, .nullable = true, .about = "What cools down; null if undetermined."},
     {.name = "started_at",
      .type = T_TIME,
      .nullable = true,
      .about = "When it was last added to; null if undetermined."},
     {.name = "available_at",
      .type = T_TIME,
      .nullable = true,
      .about = "When it can be unstaked, by the cooldown in force at that block; null if undetermined."},
     {0}};

static const struct member reward_members[] =
    {{.name = "distribution", .type = T_I32, .about = "Its id."},
     {.name = "reward_token", .type = T_ADDRESS, .nullable = true, .about = "What it pays in; null if undetermined."},
     {.name = "claimable",
      .type = T_AMOUNT,
      .nullable = true,
      .about = "rewardBalance: booked, net of fees, not claimed; null if undetermined (then it is in a pool)."},
     {.name = "pending",
      .type = T_AMOUNT,
      .nullable = true,
      .about = "getAccruedRewards: not booked yet, before fees; null if undetermined."},
     {.name = "user_index", .type = T_AMOUNT, .about = "The index up to which it is booked, 1e18 precision."},
     {0}};

static const struct member pool_members[] =
    {{.name = "distributions", .nest = NEST_SCALARS, .type = T_I32, .about = "Ids of its members."},
     {.name = "claimable", .type = T_AMOUNT, .about = "Their claimable sum, exactly."},
     {0}};

const struct member account_alt_staking_members[] =
    {{.name = "contract", .type = T_ADDRESS, .about = "The staking contract."},
     {.name = "operator", .type = T_ADDRESS, .about = "The operator staked with; its address is the ERC-1155 id."},
     {.name = "staked", .type = T_AMOUNT, .about = "balanceOf, the cooling part included."},
     {.name = "cooldown",
      .nest = NEST_OBJECT,
      .nullable = true,
      .members = cooldown_members,
      .about = "cooldowns, also after its time is over; null: nothing cools down."},
     {.name = "voting_stake", .type = T_AMOUNT, .nullable = true, .about = "votingStake; null if undetermined."},
     {.name = "rewards", .nest = NEST_LIST, .members = reward_members, .about = "Of each distribution known."},
     {.name = "claimable_pools",
      .nest = NEST_LIST,
      .members = pool_members,
      .about = "Distributions between which past claims cannot be divided, with what is claimable in all."},
     {.name = "undetermined",
      .nest = NEST_LIST,
      .members = undetermined_item_members,
      .about = "Which members the logs do not determine, and why."},
     {0}};
