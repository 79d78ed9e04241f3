/* api/power.h - pieces of what an account has, as api_v1.power_parts() gives them, and their JSON. */
#ifndef API_POWER_H
#define API_POWER_H

#include "api/route.h"

/* Columns of SQL_POWER_PARTS in order, from `first` on. */
enum power_column {
    POWER_COMPONENT,
    POWER_SOURCE,
    POWER_CONTRACT,
    POWER_PARTY,
    POWER_REFERENCE,
    POWER_COUNTED,
    POWER_REASON,
    POWER_SHARES,
    POWER_STRATEGY_HELD,
    POWER_STRATEGY_ISSUED,
    POWER_TOKENS,
    POWER_VAULT,
    POWER_VAULT_HELD,
    POWER_VAULT_ISSUED,
    POWER_ALT,
    POWER_SINCE_BLOCK,
    POWER_UNTIL_BLOCK,
    POWER_SINCE_TIME,
    POWER_UNTIL_TIME,
    POWER_COLUMNS
};

/* $1 the owner, $2 the position, $3 the head's position. */
#define SQL_POWER_PARTS                                                                                             \
    "SELECT p.component, p.source, p.contract, p.party, p.reference, p.counted, p.reason, p.shares::public.amount," \
    " p.strategy_held::public.amount, p.strategy_issued::public.amount, p.tokens::public.amount, p.vault,"          \
    " p.vault_held::public.amount, p.vault_issued::public.amount, p.alt::public.amount, p.since_block,"             \
    " p.until_block, p.since_time, p.until_time FROM api_v1.power_parts(ARRAY[$1::bytea], $2, $3) p"                \
    " ORDER BY array_position(ARRAY['held', 'delegated_in', 'staked', 'queued', 'cooling_down', 'slashed',"         \
    " 'later'], p.component), p.contract, p.party, p.reference, p.source"

/* One part as an object (render_row): each step from shares over tokens to ALT. */
extern const struct member power_part_members[];

/* The sum of alt over the parts whose component is `component` (NULL: any) and, if `counted`, that count. False: one is not known. */
bool power_sum(const struct rows *rows, const char *component, bool counted, struct amount *out);

#endif
