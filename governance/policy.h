/* governance/policy.h - what counts as voting power in a proposal: a set of parts, by name.
 *
 * A policy is a name of the table or parts joined by '+', in any order ("held+staked"). The parts are those of
 * api_v1.power_parts(): each unit is in one part only, so that no policy counts it twice. The space's `strategy` says the
 * policy; a proposal may say another one in its plugins: {"altledger":{"policy":"stake"}}. */
#ifndef GOVERNANCE_POLICY_H
#define GOVERNANCE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/core/err.h"

/* The bits stand in governance.proposal and are what api_v1.power_of() takes. */
enum policy_part {
    POLICY_HELD = 1,         /* tokens and shares of vaults held and not delegated away (ERC20Votes) */
    POLICY_DELEGATED_IN = 2, /* units that others delegated to it (ERC20Votes) */
    POLICY_STAKED = 4,       /* stake, less slashes, less what cools down or is queued */
    POLICY_COOLING_DOWN = 8, /* what cools down in ALT's staking contract */
    POLICY_QUEUED = 16,      /* what is in EigenLayer's withdrawal queue, less slashes */
    POLICY_REGISTRY = 32     /* DelegateRegistry: what it counts of its own goes to whom it set for the space */
};

struct policy_name {
    const char *name;
    uint32_t parts;
    const char *about;
};
/* Ends with {NULL}; the first is the default. */
extern const struct policy_name policy_names[];

enum { POLICY_TEXT = 80 };
/* ERR_FIELD: neither a name nor parts. */
MUST_CHECK enum err policy_parse(const char *text, uint32_t *out);
/* The name, or the parts joined in the order of their bits. */
void policy_format(uint32_t policy, char out[POLICY_TEXT]);

#endif
