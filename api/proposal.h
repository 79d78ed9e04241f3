/* api/proposal.h - what routes about one proposal share: how it is found by its id, and its members. */
#ifndef API_PROPOSAL_H
#define API_PROPOSAL_H

#include "api/route.h"

/* Ids of two forms: the canonical id is bound as $5, the governor's own proposalId in decimal as $6; the other one is null. */
/* clang-format off */
#define SQL_PROPOSAL_BY_ID                                                                                            \
    "(SELECT p.* FROM ledger.proposal p WHERE $5::bytea IS NOT NULL AND p.id = $5 AND p.position <= a.position"       \
    " UNION ALL"                                                                                                      \
    " SELECT p.* FROM ledger.proposal p WHERE $6::numeric IS NOT NULL AND p.number = $6 AND p.position <= a.position)"
/* The same, where only one governor may have the proposalId: a list cannot answer of several. */
#define SQL_THE_PROPOSAL_BY_ID                                                                                        \
    "(SELECT x.* FROM " SQL_PROPOSAL_BY_ID " x WHERE $5::bytea IS NOT NULL OR NOT EXISTS (SELECT FROM ledger.proposal y" \
    " WHERE y.number = x.number AND y.governor <> x.governor AND y.position <= a.position))"
/* The block's time; number and time: as statement_time binds them. */
#define SQL_TIME_OF_BLOCK(number, time) "coalesce(a.\"time\", CASE WHEN a.number = " number " THEN " time " END)"
/* What its governor's views answer at the block `a`. */
#define SQL_PROPOSAL_VIEW(p, time)                                                                                    \
    "api_v1.proposal_at(" p ".governor, " p ".proposal_id, a.position, a.number, " time ")"
/* clang-format on */

/* $5 and $6, of the parameter. ERR_NOT_FOUND: no id that a proposal can have. */
MUST_CHECK enum err proposal_id_params(const struct request *r, const char *name, struct statement *s);
/* Several governors have the proposalId asked for: ERR_CONFLICT, naming the canonical ids in the column. */
MUST_CHECK enum err proposal_check_one(const struct rows *rows, size_t column, const char *parameter);

#define PROPOSAL_ID_PARAMETER                                                                              \
    {                                                                                                      \
        .name = "id", .type = PARAMETER_TEXT, .max = AMOUNT_TEXT,                                          \
        .about = "Its id; or the governor's own proposalId in decimal, if only one governor has that one." \
    }

/* Whatever people wrote: bytes that are no UTF-8 become U+FFFD. */
void proposal_write_text(struct json_writer *w, const struct rows *rows, size_t row, size_t column);

#endif
