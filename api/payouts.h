/* api/payouts.h - what a payout is, for lists and for its explanation: its id, its columns, its members. */
#ifndef API_PAYOUTS_H
#define API_PAYOUTS_H

#include "api/rewards.h"

/* "0x<submission>-<YYYY-MM-DD>-<role>-0x<operator>-0x<earner>" (ledger/README.md, "Books"). */
struct payout_id {
    struct hash submission;
    int64_t day;
    int16_t role; /* enum reward_role */
    struct address operator, earner;
};
/* Addresses and hashes in any case. ERR_NOT_FOUND: no id that a payout can have. */
MUST_CHECK enum err payout_id_parse(const char *text, struct payout_id *out);
/* $5 submission, $6 second party of its pool, $7 operator, $8 earner: of the id in the path. */
MUST_CHECK enum err payout_id_in(const struct request *r, struct statement *s);

/* ERR_NOT_FOUND: at the request's block there is no payout of that id. */
MUST_CHECK enum err payout_absent(const struct request *r);

/* Of the pool n and the earner's account o (ledger.account), and the entry e of o (delta, balance, position). */
/* clang-format off */
#define SQL_PAYOUT_COLUMNS                                                                                            \
    " api_v1.payout_id(n.second, n.owner, o.owner) AS id, api_v1.day_text(api_v1.pool_day(n.second)) AS day,"         \
    " api_v1.day_text(p.paid_day) AS paid_day, s.submission, api_v1.reward_kind(s.kind) AS kind,"                     \
    " CASE WHEN s.kind = 8 THEN 'fee' ELSE 'incentive' END AS source, s.distributor, n.asset AS token,"               \
    " e.delta AS amount, e.balance AS cumulative, o.owner AS earner, " SQL_NO_ZERO("n.owner") " AS operator,"         \
    " api_v1.reward_role(get_byte(n.second, 36)) AS role, " SQL_NO_ZERO("s.avs") " AS avs,"                           \
    " e.position >> 32 AS block_number"
#define SQL_OF_PAYOUT                                                                                                 \
    " CROSS JOIN LATERAL (SELECT t.* FROM ledger.reward_submission t WHERE t.submission = substr(n.second, 1, 32)"    \
    "   ORDER BY t.position LIMIT 1) s"                                                                               \
    " CROSS JOIN LATERAL (SELECT t.* FROM ledger.reward_pool t WHERE t.submission = substr(n.second, 1, 32)"          \
    "   AND t.day = api_v1.pool_day(n.second) ORDER BY t.position LIMIT 1) p"

/* The payout of payout_id_in(): n, o, e of the rows above. */
#define SQL_PAYOUT_BY_ID                                                                                              \
    " CROSS JOIN LATERAL (SELECT t.token, t.distributor FROM ledger.reward_submission t WHERE t.submission = $5"      \
    "   AND t.position <= a.position ORDER BY t.position LIMIT 1) i"                                                  \
    " JOIN ledger.account n ON n.book = 64 AND n.asset = i.token AND n.owner = $7 AND n.second = $6"                  \
    " JOIN ledger.account o ON o.book = 61 AND o.asset = i.token AND o.owner = $8 AND o.second = i.distributor"       \
    " CROSS JOIN LATERAL (SELECT t.delta, t.balance, t.position FROM ledger.entry t WHERE t.account = o.id"           \
    "   AND t.counter = n.id AND t.log_index = -2 AND t.position >= n.created"                                        \
    "   AND t.position <= least(a.position, n.created | 4294967295) ORDER BY t.position LIMIT 1) e"
/* clang-format on */

#define PAYOUT_ID_PARAMETER                                                           \
    {                                                                                 \
        .name = "id", .type = PARAMETER_TEXT, .max = 200, .about = "The payout's id." \
    }

extern const struct member payout_members[]; /* of SQL_PAYOUT_COLUMNS */

#endif
