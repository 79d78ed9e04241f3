/* api/dao_rules.c - the rules in force in a space, for people to read: what governanceURI of ERC-4824 points to. */
#include <inttypes.h>
#include <string.h>

#include "api/routes.h"
#include "governance/count.h"
#include "governance/policy.h"
#include "governance/space.h"

struct rules_row {
    const char *parameters;
    uint64_t position, size;
    struct instant effective;
};
static const struct record rules_record = RECORD(rules_row, FIELD(rules_row, parameters), FIELD(rules_row, position),
                                                 FIELD(rules_row, size), FIELD(rules_row, effective));

static void put_amount(struct buffer *b, const char *what, struct amount a)
{
    char text[AMOUNT_TEXT + 1];
    amount_format(a, text);
    buffer_printf(b, "- %s: %s\n", what, text);
}

static void put_power(struct buffer *b, const struct space *s)
{
    char policy[POLICY_TEXT];
    policy_format(s->policy, policy);
    buffer_printf(b, "\n## Power\n\nUnless a proposal says otherwise, `%s` counts.", policy);
    for (const struct policy_name *p = policy_names; p->name != NULL; p++)
        if (p->parts == s->policy)
            buffer_printf(b, " %s", p->about);
    buffer_text(b, " It is read at the end of the proposal's snapshot block; until that block is finalized, it is "
                   "provisional.\n\n");
    put_amount(b, "Power that proposing takes", s->threshold);
    put_amount(b, "Power that must have voted", s->quorum);
}

static void put_admins(struct buffer *b, const struct space *s)
{
    buffer_text(b, "\n## Admins\n\nThey may change and cancel the proposals of others.\n\n");
    for (size_t i = 0; i < s->n_admins; i++) {
        char text[ADDRESS_TEXT + 1];
        address_format(s->admins[i], text);
        buffer_printf(b, "- %s\n", text);
    }
    if (s->n_admins == 0)
        buffer_text(b, "There are none.\n");
}

static void put_numbers(struct buffer *b, const struct space *s)
{
    buffer_text(b, "\n## Numbers\n\n");
#define NUMBER_LINE(member, otherwise, least, most, sentence) \
    buffer_printf(b, "- `" #member "` = %" PRIu64 ": " sentence "\n", s->member);
    SPACE_NUMBERS(NUMBER_LINE)
#undef NUMBER_LINE
}

static void put_ballots(struct buffer *b)
{
    buffer_printf(b, "\n## Ballots\n\nRules of counting: version %d, which follow Snapshot's. Types of voting:",
                  COUNT_RULES);
    for (enum voting v = 0; v < VOTING_COUNT; v++)
        buffer_printf(b, "%s `%s`", v > 0 ? "," : "", voting_name(v));
    buffer_text(b,
                ". A ballot counts if its own timestamp lies between start and end, both included. Of two ballots of a "
                "voter the later timestamp counts, at equal ones the later place in the log; none is ever deleted. A "
                "proposal may be changed until it starts and cancelled until it closes, by its author and by "
                "admins. What it goes by are the parameters in force at its snapshot block.\n");
}

static enum err rules_run(const struct request *r, struct db *db, struct reply *reply)
{
    struct rules_row row;
    struct space space;
    AUTO_JSON json = NULL;
    char effective[INSTANT_TEXT + 1];
    const char *id = request_text(r, "id");
    enum err e = db_one(db,
                        "SELECT s.parameters, s.position, (SELECT max(c.size) FROM governance.checkpoint c) AS size,"
                        " s.effective FROM governance.space s WHERE s.id = $1 ORDER BY s.position DESC LIMIT 1",
                        WITH(IN(id)), &rules_record, r->arena, &row);
    if (e == ERR_NOT_FOUND)
        return err_with(ERR_NOT_FOUND, "id: there is no such space");
    TRY(e);
    TRY(json_parse(row.parameters, strlen(row.parameters), JSON_DEPTH_MAX, &json));
    TRY(space_parse("space", json, r->arena, &space));
    struct buffer *b = &reply->body;
    instant_format(row.effective, effective);
    buffer_printf(b, "# Rules of %s\n\n", *space.name != '\0' ? space.name : space.id);
    if (*space.about != '\0')
        buffer_printf(b, "%s\n\n", space.about);
    buffer_printf(
        b,
        "Proposals are made and voted on by signed messages in the space `%s`. These parameters hold since %s: "
        "entry %" PRIu64 " of the message log, which has %" PRIu64 " entries.\n",
        space.id, effective, row.position, row.size);
    put_power(b, &space);
    put_admins(b, &space);
    put_numbers(b, &space);
    put_ballots(b);
    reply->content_type = "text/markdown; charset=utf-8";
    return OK;
}

const struct route dao_rules_routes[] =
    {{.method = "GET",
      .path = "/v1/spaces/{id}/dao/governance",
      .about = "The rules in force in a space, as Markdown (ERC-4824).",
      .shape = SHAPE_RAW,
      .cache = CACHE_NEVER,
      .parameters = PARAMETERS({.name = "id", .type = PARAMETER_TEXT, .max = SPACE_ID_MAX, .about = "The space."}),
      .run = rules_run},
     {0}};
