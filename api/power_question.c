/* api/power_question.c - see power_question.h. */
#include "api/power_question.h"

#include <inttypes.h>
#include <string.h>

#include "api/proposal.h"
#include "api/sql.h"
#include "governance/policy.h"

/* The last version; no row: it is no off-chain proposal. */
static enum err find_offchain(const struct request *r, struct db *db, struct power_question *q)
{
    const char *text = request_text(r, "proposal");
    struct hash id;
    AUTO_ROWS rows = NULL;
    if (hash_parse(text, strlen(text), &id) != OK)
        return OK;
    TRY(db_query(
        db,
        "SELECT p.policy, p.space, p.snapshot, p.snapshot <= c.head_number,"
        " (SELECT k.size FROM governance.checkpoint k ORDER BY k.size DESC LIMIT 1)"
        " FROM governance.proposal p CROSS JOIN mirror.cursor c WHERE p.id = $1 ORDER BY p.version DESC LIMIT 1",
        WITH(IN(&id)), &rows));
    if (rows_count(rows) == 0)
        return OK;
    const char *space = rows_text(rows, 0, 1);
    *q = (struct power_question){.subject = POWER_OF_OFFCHAIN,
                                 .rule = {(uint32_t)rows_i64(rows, 0, 0), arena_text(r->arena, space, strlen(space))},
                                 .proposal = id,
                                 .has_block = rows_bool(rows, 0, 3),
                                 .block = rows_u64(rows, 0, 2),
                                 .unit = "block",
                                 .snapshot = rows_i64(rows, 0, 2),
                                 .log_size = rows_u64(rows, 0, 4)};
    return OK;
}

/* As it is known now. */
static enum err find_onchain(const struct request *r, struct db *db, struct power_question *q)
{
    AUTO_ROWS rows = NULL;
    struct statement s = {.sql = SQL_AT
                          "SELECT p.id, v.snapshot, v.snapshot_position >> 32 AS block, p.token, p.clock FROM a"
                          " CROSS JOIN LATERAL " SQL_PROPOSAL_BY_ID
                          " p CROSS JOIN LATERAL " SQL_PROPOSAL_VIEW("p", "a.\"time\"") " v ORDER BY p.position"};
    statement_at(&s, r); /* $1 .. $4 */
    TRY(proposal_id_params(r, "proposal", &s));
    TRY(db_query(db, s.sql, s.params, s.n, &rows));
    if (rows_count(rows) == 0)
        return err_with(ERR_NOT_FOUND, "proposal: there is none with this id");
    TRY(proposal_check_one(rows, 0, "proposal"));
    q->subject = POWER_OF_ONCHAIN;
    q->proposal = rows_hash(rows, 0, 0);
    q->has_block = !rows_null(rows, 0, 2);
    q->block = q->has_block ? rows_u64(rows, 0, 2) : 0;
    q->unit = rows_i64(rows, 0, 4) == 0 ? "block" : "time";
    q->snapshot = rows_i64(rows, 0, 1);
    q->token = rows_address(rows, 0, 3);
    return OK;
}

enum err power_rule_read(const struct request *r, struct power_rule *out)
{
    struct power_rule rule = {.policy = policy_names[0].parts};
    if (request_given(r, "policy") && policy_parse(request_text(r, "policy"), &rule.policy) != OK)
        return err_with(ERR_FIELD, "policy: must be the name of a policy, or parts joined by +");
    if (request_given(r, "space"))
        rule.space = request_text(r, "space");
    *out = rule;
    return OK;
}

enum err power_question_read(const struct request *r, struct db *db, struct power_question *out)
{
    struct power_question q = {.rule = {.policy = policy_names[0].parts}};
    if (!request_given(r, "proposal")) {
        TRY(power_rule_read(r, &q.rule));
        *out = q;
        return OK;
    }
    if (request_given(r, "policy") || request_given(r, "space"))
        return err_with(ERR_FIELD, "%s: cannot be given beside a proposal",
                        request_given(r, "policy") ? "policy" : "space");
    TRY(find_offchain(r, db, &q));
    if (q.subject != POWER_OF_OFFCHAIN)
        TRY(find_onchain(r, db, &q));
    *out = q;
    return OK;
}

enum err power_question_place(const struct request *r, struct db *db, struct at *at)
{
    struct power_question q;
    if (!request_given(r, "proposal"))
        return OK;
    if (r->at.kind != AT_LATEST)
        return err_with(ERR_FIELD, "proposal: names a block of its own, so at= cannot be given");
    TRY(power_question_read(r, db, &q));
    if (!q.has_block)
        return err_with(ERR_CONFLICT, "proposal: its snapshot (%s %" PRIi64 ") is not past yet", q.unit, q.snapshot);
    *at = (struct at){.kind = AT_NUMBER, .number = (int64_t)q.block};
    return OK;
}
