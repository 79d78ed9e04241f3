/* api/alt_figures.h - what several replies need of a staking contract at a block: packed by a statement, read here. */
#ifndef API_ALT_FIGURES_H
#define API_ALT_FIGURES_H

#include "api/nested.h"
#include "ledger/alt_index.h"

/* clang-format off */
#define SQL_SECONDS(time) "extract(epoch FROM " time ")::bigint"

/* The elements of an array about a contract: cooldownSeconds, last accrual (block, time), total voting stake (null: in doubt), distributions. */
#define ALT_FIGURES(contract, until)                                                                                  \
    SQL_HEX(contract) ", api_v1.alt_setting(" contract ", 1, " until ")::bigint,"                                     \
    " (SELECT x.number FROM api_v1.alt_accrual(" contract ", " until ") x),"                                          \
    " (SELECT " SQL_SECONDS("x.\"time\"") " FROM api_v1.alt_accrual(" contract ", " until ") x),"                     \
    " (SELECT CASE WHEN coalesce(bool_and(o.frozen OR o.cooldown_doubt = 0), true)"                                   \
    " THEN coalesce(sum(o.total_supply - o.cooling) FILTER (WHERE NOT o.frozen), 0)::text END"                        \
    " FROM api_v1.alt_operators(" contract ", " until ") o),"                                                         \
    " (SELECT coalesce(json_agg(json_build_array(d.distribution, d.index::text, " SQL_HEX("d.reward_token") ", "      \
    SQL_HEX("d.reward_vault") ", d.emission_per_second::text, " SQL_SECONDS("d.starts_at") ", "                       \
    SQL_SECONDS("d.ends_at") ", " SQL_SECONDS("d.updated_at") ", d.read_block) ORDER BY d.distribution), '[]')"       \
    " FROM api_v1.alt_distributions(" contract ", " until ") d)"
enum { ALT_FIGURES_N = 6 };
/* clang-format on */

struct alt_terms {
    int32_t id;
    bool has_token, has_vault;
    struct address token, vault;
    bool is_read; /* emission, start, end, update in `index` are what the contract answered at read_block */
    uint64_t read_block;
    struct alt_index index;
};

struct alt_figures {
    struct address contract;
    bool has_cooldown_seconds;
    int64_t cooldown_seconds;
    bool has_accrual;
    uint64_t accrual_block;
    bool has_total;
    struct amount total_voting_stake;
    struct alt_terms *distributions; /* ids 1 .. n */
    size_t n;
};

/* `packed` begins with ALT_FIGURES_N elements. */
void alt_figures_read(const json_t *packed, struct arena *arena, struct alt_figures *out);
/* The index as getAccruedRewards would use it now. `from_terms`: it hangs on what was read. False: not determined. */
bool alt_index_now(const struct alt_terms *d, int64_t now, struct amount *out, bool *from_terms);

/* Elements of packed arrays; what has another type is a mistake in a statement of ours: assertion. */
struct amount packed_amount(const json_t *array, size_t i);
int64_t packed_number(const json_t *array, size_t i);
bool packed_bool(const json_t *array, size_t i);
struct address packed_address(const json_t *array, size_t i);
struct hash packed_hash(const json_t *array, size_t i);
bool packed_null(const json_t *array, size_t i);

#endif
