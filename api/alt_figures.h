/* api/alt_figures.h - what several replies need of a staking contract at a block: packed by a statement, read here. */
#ifndef API_ALT_FIGURES_H
#define API_ALT_FIGURES_H

#include "api/nested.h"
#include "ledger/alt_index.h"

/* clang-format off */
#define SQL_SECONDS(time) "extract(epoch FROM " time ")::bigint"

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

/* `packed` is what api_v1.alt_figures() gives. */
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
