/* api/routes.h - the list of all nouns' route tables; add a line here and in routes.c to add a noun. */
#ifndef API_ROUTES_H
#define API_ROUTES_H

#include "api/route.h"

/* Tables, each ending with {0}; the list ends with NULL. */
extern const struct route *const routes[];

/* One line a noun. */
extern const struct route account_rewards_routes[];
extern const struct route accounts_routes[];
extern const struct route alt_staking_routes[];
extern const struct route blocks_routes[];
extern const struct route bundle_routes[];
extern const struct route census_routes[];
extern const struct route dao_routes[];
extern const struct route dao_rules_routes[];
extern const struct route entries_routes[];
extern const struct route events_routes[];
extern const struct route governors_routes[];
extern const struct route health_routes[];
extern const struct route history_routes[];
extern const struct route holders_routes[];
extern const struct route messages_routes[];
extern const struct route openapi_routes[];
extern const struct route log_entries_routes[];
extern const struct route log_routes[];
extern const struct route log_tiles_routes[];
extern const struct route operator_lists_routes[];
extern const struct route operator_commission_routes[];
extern const struct route operator_payouts_routes[];
extern const struct route operator_projection_routes[];
extern const struct route operator_sets_routes[];
extern const struct route operators_routes[];
extern const struct route payouts_routes[];
extern const struct route payouts_explain_routes[];
extern const struct route proposal_versions_routes[];
extern const struct route proposal_votes_routes[];
extern const struct route proposals_routes[];
extern const struct route receipts_routes[];
extern const struct route reorgs_routes[];
extern const struct route rewards_claims_routes[];
extern const struct route rewards_pools_routes[];
extern const struct route rewards_proof_routes[];
extern const struct route rewards_routes[];
extern const struct route rewards_terms_routes[];
extern const struct route root_doc_routes[];
extern const struct route simulation_routes[];
extern const struct route slash_impact_routes[];
extern const struct route slashes_routes[];
extern const struct route spaces_routes[];
extern const struct route statements_routes[];
extern const struct route status_routes[];
extern const struct route strategies_routes[];
extern const struct route stream_routes[];
extern const struct route tallies_routes[];
extern const struct route tax_report_routes[];
extern const struct route tokens_routes[];
extern const struct route trial_balance_routes[];
extern const struct route typed_data_routes[];
extern const struct route eligibility_routes[];
extern const struct route delegates_routes[];
extern const struct route voting_power_routes[];
extern const struct route withdrawals_routes[];

#endif
