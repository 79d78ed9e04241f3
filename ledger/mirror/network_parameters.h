/* ledger/mirror/network_parameters.h - strict readers of a network file's members, and the table of its parameters.
 *
 * For network.c, and for later layers that read entries kept raw. Every mistake is ERR_CONFIG; the detail begins with
 * the member's path ("contracts[3].address: ..."). `where` is the path of the object, "" for the file itself.
 * A member that is not required leaves the output as it is when it is absent. */
#ifndef LEDGER_MIRROR_NETWORK_PARAMETERS_H
#define LEDGER_MIRROR_NETWORK_PARAMETERS_H

#include "ledger/core/amount.h"
#include "ledger/core/json.h"

struct network;
struct contract;

/* No member but these (NULL-terminated). */
MUST_CHECK enum err network_check_members(const char *where, const json_t *object, const char *const known[]);
/* A text that is not empty. */
MUST_CHECK enum err network_get_text(const char *where, const json_t *object, const char *member, bool required,
                                     const char **out);
MUST_CHECK enum err network_get_address(const char *where, const json_t *object, const char *member, bool required,
                                        struct address *out, bool *has);
MUST_CHECK enum err network_get_number(const char *where, const json_t *object, const char *member, bool required,
                                       uint64_t least, uint64_t most, uint64_t *out);
/* All members of a `parameters` object, of entry c or (NULL) of the file itself, against the table: an unknown one, or one that means
 * nothing there, is a mistake, lest it be without effect in silence. Those of fee collectors are read by network_rewards.c. */
MUST_CHECK enum err network_check_parameters(const char *where, const struct contract *c, const json_t *parameters);

/* A whole-number parameter as it holds for a contract: of its entry, else of the file, else `otherwise`. */
uint64_t network_parameter(const struct network *n, const struct contract *c, const char *name, uint64_t otherwise);

/* Parameter `clock` as it holds for a contract: whether its timepoints (EIP-6372) are unix seconds; else they are block numbers. */
bool network_clock_is_time(const struct network *n, const struct contract *c);

/* EigenLayer's constants on Ethereum mainnet, where the file says nothing (DelegationManager, AllocationManager), in blocks. */
enum {
    MIN_WITHDRAWAL_DELAY_BLOCKS = 100800,
    DEALLOCATION_DELAY_BLOCKS = 100800,
    ALLOCATION_CONFIGURATION_DELAY_BLOCKS = 126000
};

/* parameters.alt_staking as it holds for a contract: what its constructor and initializer set without an event. A member of the
 * entry's own parameters goes before the file's. */
struct staking_parameters {
    bool has_cooldown, has_operator_fee_cooldown, has_protocol_fee_cooldown, has_protocol_fee_vault,
        has_min_voting_stake, has_alert_expiry;
    uint64_t cooldown_seconds, operator_fee_cooldown_seconds, protocol_fee_cooldown_seconds, alert_expiry_seconds;
    struct address protocol_fee_vault;
    struct amount min_voting_stake;
};
void network_staking(const struct network *n, const struct contract *c, struct staking_parameters *out);
/* Whether the file says which stakers of the contract have code; then all others have none. */
bool network_names_contract_wallets(const struct network *n, const struct contract *c);
/* Whether the file names this staker of the contract as one with code (parameters.alt_staking.contract_wallets). */
bool network_is_contract_wallet(const struct network *n, const struct contract *c, struct address staker);

#endif
