/* api/power.h - pieces of what an account has, as api_v1.power_explained() gives them, and their JSON. */
#ifndef API_POWER_H
#define API_POWER_H

#include "api/route.h"

/* Columns of the rows of power_read. */
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

/* What counts: a policy (governance/policy.h), and in which space, for the DelegateRegistry. */
struct power_rule {
    uint32_t policy;
    const char *space; /* NULL: in none */
};

/* The pieces of an account at a position; `head` is the last position booked, to tell what came later. The counted ones are its
 * power. */
MUST_CHECK enum err power_read(struct db *db, const struct power_rule *rule, struct address owner, uint64_t position,
                               uint64_t head, struct rows **out);

/* One part as an object (render_row): each step from shares over tokens to ALT. */
extern const struct member power_part_members[];

/* The sum of alt over the parts whose component is `component` (NULL: any) and, if `counted`, that count. False: one is not known. */
bool power_sum(const struct rows *rows, const char *component, bool counted, struct amount *out);

#endif
