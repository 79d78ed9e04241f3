/* ledger/mirror/network.h - the network file: which chain, which contracts, which parameters.
 *
 * Form: pinned in the README ("Network file"). A mistake is ERR_CONFIG with a detail that names the entry and member.
 * Members whose names begin with "_" are comments, at every level. */
#ifndef LEDGER_MIRROR_NETWORK_H
#define LEDGER_MIRROR_NETWORK_H

#include "ledger/core/arena.h"
#include "ledger/core/json.h"
#include "ledger/core/map.h"
#include "ledger/reward_terms.h"

#define CONTRACT_KINDS(KIND)                                             \
    KIND(KIND_ERC20, "erc20")                                            \
    KIND(KIND_ERC20VOTES, "erc20votes")                                  \
    KIND(KIND_ERC4626, "erc4626")                                        \
    KIND(KIND_ERC1155, "erc1155")                                        \
    KIND(KIND_GOVERNOR, "governor")                                      \
    KIND(KIND_TIMELOCK, "timelock")                                      \
    KIND(KIND_ALT_STAKING, "alt.staking")                                \
    KIND(KIND_MACH_SERVICE_MANAGER, "mach.service_manager")              \
    KIND(KIND_MACH_REGISTRY, "mach.registry")                            \
    KIND(KIND_FEE_COLLECTOR, "fee_collector")                            \
    KIND(KIND_DELEGATE_REGISTRY, "delegate_registry")                    \
    KIND(KIND_DELEGATION_MANAGER, "eigenlayer.delegation_manager")       \
    KIND(KIND_STRATEGY_MANAGER, "eigenlayer.strategy_manager")           \
    KIND(KIND_ALLOCATION_MANAGER, "eigenlayer.allocation_manager")       \
    KIND(KIND_REWARDS_COORDINATOR, "eigenlayer.rewards_coordinator")     \
    KIND(KIND_AVS_DIRECTORY, "eigenlayer.avs_directory")                 \
    KIND(KIND_PERMISSION_CONTROLLER, "eigenlayer.permission_controller") \
    KIND(KIND_STRATEGY, "eigenlayer.strategy")                           \
    KIND(KIND_STRATEGY_FACTORY, "eigenlayer.strategy_factory")           \
    KIND(KIND_EIGEN_POD_MANAGER, "eigenlayer.eigen_pod_manager")

#define KIND_ENUM(code, name) code,
enum contract_kind { CONTRACT_KINDS(KIND_ENUM) KIND_COUNT };
#undef KIND_ENUM

const char *contract_kind_name(enum contract_kind kind);

struct contract {
    enum contract_kind kind;
    const char *name; /* as in the file; "" if none */
    struct address address;
    uint64_t from_block;                     /* start_block if the file has none, and never below it */
    bool has_asset, has_token, has_timelock; /* a governor without token has the only erc20votes, if there is one */
    struct address asset, token, timelock;
    const char *collects_for; /* NULL if none */
    const json_t *entry;      /* the whole entry, for parameters of later layers */
};

struct network {
    const char *name;
    uint64_t chain_id;
    uint64_t start_block;
    uint64_t finality_depth_blocks; /* archives; default 64 */
    struct reward_terms rewards;
    struct contract *contracts;
    size_t n_contracts;
    struct map by_address; /* struct address -> uint32_t index of the contract */
    const char *canonical; /* the file, no comments, keys sorted, no white space, addresses in lower case */
    struct hash hash;      /* keccak256(canonical) */
    json_t *file;          /* the parsed file as in canonical, for later layers */
    struct arena arena;
};

enum { ARCHIVE_SAFE_DEPTH = 32, FINALITY_DEPTH_DEFAULT = 64 };

MUST_CHECK enum err network_parse(const char *text, size_t n, struct network *out);
/* Also ERR_IO: the file cannot be read. */
MUST_CHECK enum err network_load(const char *path, struct network *out);
void network_done(struct network *n);

/* The contract at this address, or NULL. The emitter decides what a log means, never its topic alone. */
const struct contract *network_contract(const struct network *n, struct address a);
/* Whether a log of this emitter at this block is ours to keep. */
bool network_watches(const struct network *n, struct address emitter, uint64_t block);
bool contract_is_erc20(enum contract_kind kind); /* erc20, erc20votes, erc4626 */

#endif
