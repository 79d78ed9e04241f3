/* tests/ledger/support/alt_model.h - ALT's staking contract as a small model of its own: keeps its state, emits its logs, answers calls.
 *
 * Written after the contract's rules, with machine integers and none of the ledger's code. Every act is a transaction of the stage. */
#ifndef TESTS_LEDGER_SUPPORT_ALT_MODEL_H
#define TESTS_LEDGER_SUPPORT_ALT_MODEL_H

#include "ledger/alt_staking.h"
#include "tests/ledger/support/stage.h"

__extension__ typedef unsigned __int128 wide;
enum { USERS = 4, OPERATORS = 3, DISTRIBUTIONS = 4, ALERTS = 3, RESETS = 16 };
/* By number of address_of. Users without code are 0 and 1; who is 2 or 3 has code. The ALT token itself is not mirrored. */
enum { ALT = 0xa1, USER = 0x11, OPERATOR = 0x21, TOKEN_A = 0x71, TOKEN_B = 0x72, VAULT = 0x81, TREASURY = 0x8f };
static const wide INDEX = 1000000000000000000;
static const int64_t NO_EXPIRY = (INT64_C(1) << 40) - 1;
#define ALT_EVENT(m, signature, ...) EMIT((m)->s, ALT, "AltLayerStakedMultiToken", signature, __VA_ARGS__)

struct model_position {
    wide staked, cooling;
    int64_t started_at;
    wide user_index[DISTRIBUTIONS], claimable[DISTRIBUTIONS], claimed[DISTRIBUTIONS];
};
struct model_operator {
    bool registered, frozen;
    uint64_t fee_bps;
    int voted[ALERTS], n_voted;
    wide fees[DISTRIBUTIONS];
};
struct model_distribution {
    uint64_t emission;
    uint8_t token, vault;
    int64_t start, end, updated;
    wide index, gross, protocol_fees;
};
struct model_alert {
    uint64_t count;
    int64_t expiry;
    uint32_t resets;
    bool active, listed, voted[RESETS][OPERATORS], is_block;
};
struct model {
    struct stage *s;
    int64_t now;
    uint64_t cooldown_seconds, expiry_duration, protocol_bps;
    wide minimum;
    int n_distributions;
    struct model_position at[USERS][OPERATORS];
    struct model_operator operators[OPERATORS];
    struct model_distribution distributions[DISTRIBUTIONS];
    struct model_alert alerts[ALERTS];
};

static inline struct abi_value in_wide(wide v)
{
    uint8_t be[32] = {0};
    for (size_t i = 0; i < sizeof v; i++)
        be[31 - i] = (uint8_t)(v >> 8 * i);
    return in_amount(amount_from_be(be));
}

static inline struct abi_value in_time(int64_t t)
{
    return in_number((uint64_t)t);
}

static inline struct abi_value in_id(int operator)
{
    return in_amount(alt_operator_id(address_of((uint8_t)(OPERATOR + operator))));
}

static inline struct hash alert_hash(int alert)
{
    return stage_hash(0xa1e47, (uint64_t)alert);
}

/* ---- views -------------------------------------------------------------------------------------------------------- */

static inline wide model_supply(const struct model *m, int o)
{
    wide sum = 0;
    for (int u = 0; u < USERS; u++)
        sum += m->at[u][o].staked;
    return sum;
}

static inline wide model_cooling(const struct model *m, int o)
{
    wide sum = 0;
    for (int u = 0; u < USERS; u++)
        sum += m->at[u][o].cooling;
    return sum;
}

static inline wide model_votes(const struct model *m, int o)
{
    return m->operators[o].frozen ? 0 : model_supply(m, o) - model_cooling(m, o);
}

static inline wide model_all_votes(const struct model *m)
{
    wide sum = 0;
    for (int o = 0; o < OPERATORS; o++)
        sum += model_votes(m, o);
    return sum;
}

static inline wide model_voting_stake(const struct model *m, int u, int o)
{
    return m->operators[o].frozen ? 0 : m->at[u][o].staked - m->at[u][o].cooling;
}

static inline bool model_active(const struct model *m, int o)
{
    return !m->operators[o].frozen && model_votes(m, o) >= m->minimum;
}

static inline wide model_index(const struct model *m, int d)
{
    const struct model_distribution *x = &m->distributions[d];
    int64_t last = x->updated < x->start ? x->start : x->updated;
    wide total = model_all_votes(m);
    if (last == m->now || x->emission == 0 || total == 0 || m->now < x->start || last >= x->end)
        return x->index;
    int64_t until = m->now > x->end ? x->end : m->now;
    return x->index + (wide)x->emission * (wide)(until - last) * INDEX / total;
}

static inline wide model_pending(const struct model *m, int d, int u, int o)
{
    return model_voting_stake(m, u, o) * (model_index(m, d) - m->at[u][o].user_index[d]) / INDEX;
}

/* ---- rewards ------------------------------------------------------------------------------------------------------ */

static inline void model_update(struct model *m, int d)
{
    struct model_distribution *x = &m->distributions[d];
    int64_t last = x->updated < x->start ? x->start : x->updated;
    if (x->end <= last || m->now <= last)
        return;
    wide index = model_index(m, d);
    if (index != x->index)
        ALT_EVENT(m, "DistributionIndexUpdated(uint256,uint256)", in_number((uint64_t)d + 1), in_wide(index));
    x->index = index;
    x->updated = m->now;
}

static inline void model_pay(struct model *m, int d, uint8_t to, wide v)
{
    if (v > 0)
        EMIT(m->s, m->distributions[d].token, "ERC20", "Transfer(address,address,uint256)",
             in_address(m->distributions[d].vault), in_address(to), in_wide(v));
}

static inline void model_accrue(struct model *m, int u, int o)
{
    uint8_t user = (uint8_t)(USER + u), operator=(uint8_t)(OPERATOR + o);
    for (int d = 0; d < m->n_distributions; d++) {
        model_update(m, d);
        wide old = m->at[u][o].user_index[d], index = m->distributions[d].index;
        if (old == index)
            continue;
        wide gross = model_voting_stake(m, u, o) * (index - old) / INDEX;
        m->at[u][o].user_index[d] = index;
        ALT_EVENT(m, "UserIndexUpdated(uint256,address,address,uint256)", in_number((uint64_t)d + 1), in_address(user),
                  in_address(operator), in_wide(index));
        if (gross == 0)
            continue;
        wide protocol = gross * m->protocol_bps / 10000, fee = gross * m->operators[o].fee_bps / 10000;
        wide rest = gross - protocol - fee;
        ALT_EVENT(m, "CollectFee(uint16,address,uint256,uint256,uint256)", in_number((uint64_t)d + 1),
                  in_address(operator), in_wide(protocol), in_wide(fee), in_wide(rest));
        model_pay(m, d, TREASURY, protocol);
        model_pay(m, d, operator, fee);
        m->distributions[d].gross += gross;
        m->distributions[d].protocol_fees += protocol;
        m->operators[o].fees[d] += fee;
        m->at[u][o].claimable[d] += rest;
        if (rest > 0)
            ALT_EVENT(m, "RewardsAccrued(address,address,uint256)", in_address(user), in_address(operator),
                      in_wide(rest));
    }
}

static inline void model_claim(struct model *m, int u, int o, int d, wide v)
{
    model_accrue(m, u, o);
    m->at[u][o].claimable[d] -= v;
    m->at[u][o].claimed[d] += v;
    ALT_EVENT(m, "RewardsClaimed(address,address,address,uint256)", in_address((uint8_t)(USER + u)),
              in_address((uint8_t)(USER + u)), in_address((uint8_t)(OPERATOR + o)), in_wide(v));
    model_pay(m, d, (uint8_t)(USER + u), v);
}

/* ---- stake -------------------------------------------------------------------------------------------------------- */

static inline void model_1155(struct model *m, uint8_t caller, uint8_t from, uint8_t to, int o, wide v)
{
    EMIT(m->s, ALT, "ERC1155", "TransferSingle(address,address,address,uint256,uint256)", in_address(caller),
         in_address(from), in_address(to), in_id(o), in_wide(v));
}

static inline void model_clear_votes(struct model *m, int o)
{
    for (int i = 0; i < m->operators[o].n_voted; i++) {
        struct model_alert *a = &m->alerts[m->operators[o].voted[i]];
        if (!a->active && a->count > 0) {
            a->count--;
            a->voted[a->resets][o] = false;
        }
    }
    m->operators[o].n_voted = 0;
}

static inline void model_stake(struct model *m, int from, int u, int o, wide v)
{
    model_accrue(m, u, o);
    ALT_EVENT(m, "Stake(address,address,address,uint256)", in_address((uint8_t)(USER + from)),
              in_address((uint8_t)(USER + u)), in_address((uint8_t)(OPERATOR + o)), in_wide(v));
    m->at[u][o].staked += v;
    model_1155(m, (uint8_t)(USER + from), 0, (uint8_t)(USER + u), o, v);
}

/* _unstake, after rewards were updated. */
static inline void model_leave(struct model *m, int u, int to, int o, wide v)
{
    ALT_EVENT(m, "Unstake(address,address,address,uint256)", in_address((uint8_t)(USER + u)),
              in_address((uint8_t)(USER + to)), in_address((uint8_t)(OPERATOR + o)), in_wide(v));
    m->at[u][o].staked -= v;
    model_1155(m, (uint8_t)(USER + u), (uint8_t)(USER + u), 0, o, v);
    if (!model_active(m, o))
        model_clear_votes(m, o);
}

static inline bool model_can_unstake(const struct model *m, int u, int o)
{
    const struct model_position *p = &m->at[u][o];
    return p->cooling > 0 && m->now >= p->started_at + (int64_t)m->cooldown_seconds;
}

static inline void model_unstake(struct model *m, int u, int to, int o, wide v)
{
    struct model_position *p = &m->at[u][o];
    model_accrue(m, u, o);
    p->cooling -= v;
    if (p->cooling == 0)
        p->started_at = 0;
    model_leave(m, u, to, o, v);
}

static inline void model_switch(struct model *m, int u, int o, int other, wide v)
{
    model_accrue(m, u, o);
    model_leave(m, u, u, o, v);
    model_stake(m, u, u, other, v);
}

static inline void model_cool(struct model *m, int u, int o, wide v)
{
    struct model_position *p = &m->at[u][o];
    model_accrue(m, u, o);
    p->cooling += v;
    p->started_at = m->now;
    ALT_EVENT(m, "CooldownToUnstake(address,address,uint256)", in_address((uint8_t)(USER + u)),
              in_address((uint8_t)(OPERATOR + o)), in_wide(p->cooling));
}

static inline void model_transfer(struct model *m, int u, int to, int o, wide v)
{
    model_accrue(m, u, o);
    if (u != to)
        model_accrue(m, to, o);
    m->at[u][o].staked -= v;
    m->at[to][o].staked += v;
    model_1155(m, (uint8_t)(USER + u), (uint8_t)(USER + u), (uint8_t)(USER + to), o, v);
}

/* ---- operators, alerts -------------------------------------------------------------------------------------------- */

static inline void model_register(struct model *m, int o, uint64_t bps)
{
    struct abi_value who = in_address((uint8_t)(OPERATOR + o));
    m->operators[o].registered = true;
    m->operators[o].fee_bps = bps;
    ALT_EVENT(m, "OperatorAdded(address,address)", who, in_address(1));
    for (int d = 0; d < m->n_distributions; d++)
        model_update(m, d);
    ALT_EVENT(m, "SetOperatorFeeBPS(address,uint16)", who, in_number(bps));
    ALT_EVENT(m, "OperatorRegistered(address)", who);
}

static inline void model_freeze(struct model *m, int o)
{
    for (int d = 0; d < m->n_distributions; d++)
        model_update(m, d);
    m->operators[o].frozen = true;
    ALT_EVENT(m, "Frozen(address,address)", in_address((uint8_t)(OPERATOR + o)), in_address(1));
    model_clear_votes(m, o);
}

static inline bool model_can_vote(const struct model *m, int o, int alert)
{
    const struct model_alert *a = &m->alerts[alert];
    uint32_t round = a->resets + (a->expiry != 0 && a->expiry < m->now);
    return model_active(m, o) && !a->active && round < RESETS && !a->voted[round][o];
}

static inline void model_vote(struct model *m, int o, int alert)
{
    struct model_alert *a = &m->alerts[alert];
    struct model_operator *x = &m->operators[o];
    uint64_t active = 0;
    if (a->expiry != 0 && a->expiry < m->now) {
        a->resets++;
        a->count = 0;
    }
    a->voted[a->resets][o] = true;
    a->count++;
    a->expiry = a->is_block ? NO_EXPIRY : m->now + (int64_t)m->expiry_duration;
    for (int i = 0; i < OPERATORS; i++)
        active += m->operators[i].registered && model_active(m, i);
    a->active = a->count >= active * 2 / 3;
    a->listed = true;
    ALT_EVENT(m, "AlertVoted(bytes32,address,uint128,bool)", in_hash(m->s, alert_hash(alert)),
              in_address((uint8_t)(OPERATOR + o)), in_number(a->count), in_number(a->active));
    for (int i = 0; i < x->n_voted; i++)
        if (x->voted[i] == alert)
            return;
    x->voted[x->n_voted++] = alert;
}

static inline void model_remove_alert(struct model *m, int alert)
{
    struct model_alert *a = &m->alerts[alert];
    a->count = a->resets = 0;
    a->expiry = 0;
    a->active = a->listed = false;
    ALT_EVENT(m, "AlertRemoved(bytes32,address)", in_hash(m->s, alert_hash(alert)), in_address(1));
}

/* No log at all. */
static inline void model_create(struct model *m, uint64_t emission, uint8_t token, uint8_t vault, int64_t start,
                                int64_t end)
{
    m->distributions[m->n_distributions++] =
        (struct model_distribution){.emission = emission, .token = token, .vault = vault, .start = start, .end = end};
}

/* ---- answers ------------------------------------------------------------------------------------------------------ */

static inline bool asks(const struct read_key *key, const char *signature)
{
    struct hash id = keccak_bytes(signature, strlen(signature));
    return key->n >= 4 && memcmp(key->calldata, id.b, 4) == 0;
}

/* Argument i: a small number, or which of the numbered addresses from `first` on. */
static inline int asked(const struct read_key *key, size_t i, uint8_t first)
{
    return key->calldata[4 + 32 * i + 31] - first;
}

/* The state is that after the last act: whoever applies must do so block by block. */
static inline enum err model_answer(void *arg, const struct read_key *key, struct arena *arena, struct chain_read *out)
{
    const struct model *m = arg;
    wide w[7] = {0};
    size_t n = 1;
    if (asks(key, "totalDistributions()")) {
        w[0] = (wide)m->n_distributions;
    } else if (asks(key, "distributions(uint16)")) {
        const struct model_distribution *x = &m->distributions[asked(key, 0, 1)];
        n = 7;
        w[0] = x->emission, w[3] = (wide)x->start, w[4] = (wide)x->end, w[5] = x->index, w[6] = (wide)x->updated;
    } else if (asks(key, "cooldowns(address,address)")) {
        const struct model_position *p = &m->at[asked(key, 1, USER)][asked(key, 0, OPERATOR)];
        n = 2;
        w[0] = (wide)p->started_at, w[1] = p->cooling;
    } else if (asks(key, "rewardBalance(uint16,address,address)")) {
        w[0] = m->at[asked(key, 2, USER)][asked(key, 1, OPERATOR)].claimable[asked(key, 0, 1)];
    } else if (asks(key, "alerts(bytes32)")) {
        n = 4;
        for (int a = 0; a < ALERTS; a++)
            if (memcmp(key->calldata + 4, alert_hash(a).b, 32) == 0)
                w[0] = m->alerts[a].count, w[1] = (wide)m->alerts[a].expiry, w[2] = m->alerts[a].resets;
    } else {
        fail_msg("a call that nobody needs");
    }
    uint8_t *bytes = arena_take(arena, 32 * n);
    for (size_t i = 0; i < n; i++)
        amount_to_be(in_wide(w[i]).number, bytes + 32 * i);
    if (n == 7) { /* two words are addresses */
        const struct model_distribution *x = &m->distributions[asked(key, 0, 1)];
        amount_to_be(alt_operator_id(address_of(x->token)), bytes + 32);
        amount_to_be(alt_operator_id(address_of(x->vault)), bytes + 64);
    }
    *out = (struct chain_read){READ_KNOWN, {bytes, 32 * n}};
    return OK;
}

#endif
