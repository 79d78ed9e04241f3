/* api/alt_view.c - see alt_view.h: ranges of what is in doubt, and members that may be null. */
#include "api/alt_view.h"

#include <string.h>

void alt_key_amount(struct json_writer *w, const char *key, bool known, struct amount v)
{
    jw_key(w, key);
    if (known)
        jw_amount(w, v);
    else
        jw_null(w);
}

void alt_key_number(struct json_writer *w, const char *key, bool known, int64_t v)
{
    jw_key(w, key);
    if (known)
        jw_i64(w, v);
    else
        jw_null(w);
}

void alt_key_bool(struct json_writer *w, const char *key, bool known, bool v)
{
    jw_key(w, key);
    if (known)
        jw_bool(w, v);
    else
        jw_null(w);
}

/* Zero: not set or not known. */
void alt_key_time(struct json_writer *w, const char *key, int64_t v)
{
    jw_key(w, key);
    if (v != 0)
        jw_time(w, (struct instant){v});
    else
        jw_null(w);
}

struct amount alt_plus(struct amount a, struct amount b)
{
    struct amount out = amount_max;
    return amount_add(a, b, &out) == OK ? out : amount_max;
}

void alt_key_address(struct json_writer *w, const char *key, bool known, struct address v)
{
    jw_key(w, key);
    if (known)
        jw_address(w, v);
    else
        jw_null(w);
}

bool alt_is_exact(struct alt_range x)
{
    return amount_compare(x.least, x.most) == 0;
}

struct alt_range alt_cooling_of(const json_t *o)
{
    struct amount most = packed_amount(o, ALT_OPERATOR_COOLING);
    return (struct alt_range){amount_minus_or_zero(most, packed_amount(o, ALT_OPERATOR_DOUBT)), most};
}

/* totalVotingStake(operator): isFrozenOperator ? 0 : totalSupply - totalCooldownAmounts */
struct alt_range alt_voting_of(const json_t *o)
{
    struct amount supply = packed_amount(o, ALT_OPERATOR_SUPPLY);
    struct alt_range c = alt_cooling_of(o);
    if (packed_bool(o, ALT_OPERATOR_FROZEN))
        return (struct alt_range){amount_zero, amount_zero};
    return (struct alt_range){amount_minus_or_zero(supply, c.most), amount_minus_or_zero(supply, c.least)};
}

/* isActiveOperator: totalVotingStake >= minVotingStake and not frozen */
enum alt_is alt_activity_of(const struct alt_view *v, const json_t *o)
{
    struct alt_range stake = alt_voting_of(o);
    if (packed_bool(o, ALT_OPERATOR_FROZEN))
        return ALT_IS_INACTIVE;
    if (!v->has_min)
        return ALT_IS_IN_DOUBT;
    if (amount_compare(stake.least, v->min_voting_stake) >= 0)
        return ALT_IS_ACTIVE;
    return amount_compare(stake.most, v->min_voting_stake) < 0 ? ALT_IS_INACTIVE : ALT_IS_IN_DOUBT;
}

void alt_key_range(struct json_writer *w, struct alt_view *v, const char *key, struct alt_range x, const char *path)
{
    alt_key_amount(w, key, alt_is_exact(x), x.most);
    if (alt_is_exact(x))
        return;
    struct undetermined_item *item = undetermined_add(&v->undetermined, UNDETERMINED_COOLDOWN, "%s/%s", path, key);
    item->has_bounds = true;
    item->least = x.least;
    item->most = x.most;
}

bool alt_setting_amount(const struct alt_view *v, size_t number, struct amount *out)
{
    const json_t *text = json_array_get(v->settings, number);
    return json_is_string(text) && amount_parse(json_string_value(text), json_string_length(text), out) == OK;
}
