/* api/routes.c - see routes.h. */
#include "api/routes.h"

const struct route *const routes[] = {
    root_doc_routes,       health_routes,         openapi_routes,      status_routes,
    tokens_routes,         holders_routes,        accounts_routes,     entries_routes,
    events_routes,         stream_routes,         blocks_routes,       reorgs_routes,
    trial_balance_routes,  strategies_routes,     voting_power_routes, operators_routes,
    operator_lists_routes, operator_sets_routes,  withdrawals_routes,  alt_staking_routes,
    history_routes,        slashes_routes,        slash_impact_routes, simulation_routes,
    proposals_routes,      proposal_votes_routes, governors_routes,    log_routes,
    log_tiles_routes,      log_entries_routes,    receipts_routes,     NULL,
};
