/* api/power.c - see power.h. */
#include "api/power.h"

#include <string.h>

#include "governance/space.h"

const struct member power_part_members[] =
    {{.name = "component",
      .type = T_TEXT,
      .about = "held, delegated_in, staked, queued, cooling_down, slashed (lost), later (acquired after the block)."},
     {.name = "source", .type = T_TEXT, .about = "token, vault, eigenlayer, alt.staking or registry."},
     {.name = "contract", .type = T_ADDRESS, .about = "The token, vault, strategy, staking contract or registry."},
     {.name = "party",
      .type = T_ADDRESS,
      .nullable = true,
      .about = "The delegate or operator, if there is one; source registry: the delegator."},
     {.name = "withdrawal_root", .type = T_HASH, .nullable = true, .about = "Of queued shares: the withdrawal."},
     {.name = "counted", .type = T_BOOL, .about = "Whether it counts as voting power."},
     {.name = "reason", .type = T_TEXT, .nullable = true, .about = "Code of why, as in `reasons`."},
     {.name = "shares", .type = T_AMOUNT, .nullable = true, .about = "Step 1: shares of the strategy."},
     {.name = "strategy_tokens",
      .type = T_AMOUNT,
      .nullable = true,
      .about = "Step 2: what the strategy holds of its token; tokens = (this + 1e3) * shares / (strategy_shares + "
               "1e3)."},
     {.name = "strategy_shares", .type = T_AMOUNT, .nullable = true, .about = "All shares the strategy has issued."},
     {.name = "tokens", .type = T_AMOUNT, .nullable = true, .about = "ALT, or shares of the vault."},
     {.name = "vault", .type = T_ADDRESS, .nullable = true, .about = "The ERC-4626 vault whose shares they are."},
     {.name = "vault_assets",
      .type = T_AMOUNT,
      .nullable = true,
      .about = "Step 3: what the vault holds of ALT; alt = tokens * (this + 1) / (vault_shares + 1)."},
     {.name = "vault_shares", .type = T_AMOUNT, .nullable = true, .about = "All shares the vault has issued."},
     {.name = "alt", .type = T_AMOUNT, .nullable = true, .about = "The same in ALT; null: a step is not known."},
     {.name = "since_block", .type = T_U64, .nullable = true, .about = "Since which block."},
     {.name = "until_block", .type = T_U64, .nullable = true, .about = "Last block in which slashes reach it."},
     {.name = "since", .type = T_TIME, .nullable = true, .about = "Since when it cools down."},
     {.name = "until", .type = T_TIME, .nullable = true, .about = "When it becomes available."},
     {0}};
_Static_assert(sizeof power_part_members / sizeof *power_part_members == POWER_COLUMNS + 1, "one column a member");

enum err power_read(struct db *db, const struct power_rule *rule, struct address owner, uint64_t position,
                    uint64_t head, struct rows **out)
{
    struct hash id;
    struct param space = {T_HASH, rule->space != NULL && space_registry_id(rule->space, &id) ? &id : NULL};
    int32_t policy = (int32_t)rule->policy;
    return db_query(
        db,
        "SELECT p.component, p.source, p.contract, p.party, p.reference, p.counted, p.reason, p.shares::public.amount,"
        " p.strategy_held::public.amount, p.strategy_issued::public.amount, p.tokens::public.amount, p.vault,"
        " p.vault_held::public.amount, p.vault_issued::public.amount, p.alt::public.amount, p.since_block,"
        " p.until_block, p.since_time, p.until_time FROM api_v1.power_explained($1, $2, $3, $4, $5) p"
        " ORDER BY array_position(ARRAY['held', 'delegated_in', 'staked', 'queued', 'cooling_down', 'slashed', 'later'],"
        " p.component), p.contract, p.party, p.reference, p.source",
        WITH(IN(&owner), space, IN(&policy), IN(&position), IN(&head)), out);
}

bool power_sum(const struct rows *rows, const char *component, bool counted, struct amount *out)
{
    struct amount sum = amount_zero;
    for (size_t i = 0; i < rows_count(rows); i++) {
        if ((component != NULL && strcmp(rows_text(rows, i, POWER_COMPONENT), component) != 0) ||
            (counted && !rows_bool(rows, i, POWER_COUNTED)))
            continue;
        if (rows_null(rows, i, POWER_ALT) || amount_add(sum, rows_amount(rows, i, POWER_ALT), &sum) != OK)
            return false;
    }
    *out = sum;
    return true;
}
