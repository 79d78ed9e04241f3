/* api/spaces.c - spaces: who may propose what in them, what counts, and how that has changed. */
#include "governance/space.h"

#include "api/offchain.h"
#include "api/routes.h"

/* ---- what a space says, by the row s of governance.space ---- */

/* clang-format off */
#define SAYS(member)   "s.parameters::json ->> '" member "'"
#define NUMBER(member) "(" SAYS(member) ")::numeric::bigint"
#define COMMON                                                                                                        \
    "s.id, " SAYS("name") " AS name, " SAYS("about") " AS about, (s.parameters::json -> 'admins')::text AS admins, "  \
    SAYS("policy") " AS policy, (" SAYS("threshold") ")::numeric AS threshold, (" SAYS("quorum") ")::numeric AS quorum, " \
    NUMBER("delay") " AS delay, " NUMBER("period") " AS period, s.position, s.effective"
#define HISTORY                                                                                                       \
    "(SELECT json_agg(json_build_object('position', h.position, 'effective',"                                         \
    " to_char(h.effective AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), 'parameters', h.parameters::json)"   \
    " ORDER BY h.position)::text FROM governance.space h WHERE h.id = s.id AND h.position < g.size) AS history"
/* By the window of the last version; a cancelled proposal is that alone. */
#define PROPOSALS                                                                                                     \
    "(SELECT json_build_array(count(*), count(*) FILTER (WHERE k.proposal IS NOT NULL),"                              \
    "   count(*) FILTER (WHERE k.proposal IS NULL AND g.moment < v.starts),"                                          \
    "   count(*) FILTER (WHERE k.proposal IS NULL AND g.moment BETWEEN v.starts AND v.ends),"                         \
    "   count(*) FILTER (WHERE k.proposal IS NULL AND g.moment > v.ends))::text"                                      \
    " FROM governance.proposal p CROSS JOIN LATERAL (SELECT x.starts, x.ends FROM governance.proposal x"              \
    "   WHERE x.id = p.id AND x.position < g.size ORDER BY x.version DESC LIMIT 1) v"                                 \
    " LEFT JOIN governance.cancellation k ON k.proposal = p.id AND k.position < g.size"                               \
    " WHERE p.space = s.id AND p.version = 1 AND p.position < g.size) AS proposals"
#define LIST(compare, order)                                                                                          \
    SQL_AT SQL_LOG("$6", "$7", "$9", "$10", "$11")                                                                    \
    "SELECT a.*, x.*, g.size FROM a CROSS JOIN g LEFT JOIN LATERAL (SELECT " COMMON ", s.id COLLATE \"C\" AS key, "   \
    SQL_LOG_KEYS " FROM (SELECT DISTINCT ON (n.id COLLATE \"C\") n.* FROM governance.space n"                         \
    "   WHERE n.id COLLATE \"C\" " compare " $5 AND n.position < g.size"                                              \
    "   ORDER BY n.id COLLATE \"C\" " order ", n.position DESC LIMIT $8) s) x ON true ORDER BY x.key " order
#define ONE                                                                                                           \
    SQL_AT SQL_LOG_NOW("$6", "$7", "$8") "SELECT a.*, x.*, g.size FROM a CROSS JOIN g CROSS JOIN LATERAL (SELECT "     \
    COMMON ", s.parameters, " PROPOSALS ", " HISTORY                                                                 \
    " FROM (SELECT n.* FROM governance.space n WHERE n.id = $5 AND n.position < g.size"                               \
    "   ORDER BY n.position DESC LIMIT 1) s) x"
/* clang-format on */

static enum err list_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? LIST("<", "DESC") : LIST(">", "ASC");
    statement_at(s, r);   /* $1 .. $4 */
    statement_page(s, r); /* $5 .. $8 */
    statement_log(s, r);  /* $9 .. $11 */
    return OK;
}

static enum err one_ask(const struct request *r, struct statement *s)
{
    s->sql = ONE;
    statement_at(s, r);          /* $1 .. $4 */
    statement_value(s, r, "id"); /* $5 */
    statement_log(s, r);         /* $6 .. $8 */
    return OK;
}

static enum err one_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    offchain_render(r, rows, reply);
    return OK;
}

static const struct member proposals_members[] = {{.name = "all", .type = T_U64, .about = "How many were made."},
                                                  {.name = "canceled", .type = T_U64, .about = "Of them cancelled."},
                                                  {.name = "pending",
                                                   .type = T_U64,
                                                   .about = "Of them not yet to be voted on."},
                                                  {.name = "active", .type = T_U64, .about = "Of them to be voted on."},
                                                  {.name = "closed", .type = T_U64, .about = "Of them voted on."},
                                                  {0}};

static void write_proposals(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    nested_write_object(w, rows, row, column, proposals_members);
}

static const struct member history_members[] =
    {{.name = "position", .type = T_U64, .about = "Place in the log of the entry that says them."},
     {.name = "effective", .type = T_TIME, .about = "Since when they hold."},
     {.name = "parameters", .nest = NEST_ANY, .about = "All of them, as the entry has them."},
     {0}};

#define SPACE_MEMBERS                                                                                              \
    {.name = "id", .type = T_TEXT, .about = "What proposals and ballots name."},                                   \
        {.name = "name", .type = T_TEXT, .about = "For people; may be empty."},                                    \
        {.name = "about", .type = T_TEXT, .about = "What it decides; may be empty."},                              \
        {.name = "admins",                                                                                         \
         .type = T_ADDRESS,                                                                                        \
         .nest = NEST_SCALARS,                                                                                     \
         .write = offchain_write_texts,                                                                            \
         .about = "Who may change and cancel the proposals of others."},                                           \
        {.name = "policy", .type = T_TEXT, .about = "What counts as power, unless a proposal says otherwise."},    \
        {.name = "threshold", .type = T_AMOUNT, .about = "Power that proposing takes."},                           \
        {.name = "quorum", .type = T_AMOUNT, .about = "Power that must have voted."},                              \
        {.name = "delay", .type = T_U64, .about = "Least seconds from a proposal's timestamp to its start."},      \
        {.name = "period", .type = T_U64, .about = "Least seconds of voting."},                                    \
        {.name = "position", .type = T_U64, .about = "Place in the log of the entry that says these parameters."}, \
    {                                                                                                              \
        .name = "effective", .type = T_TIME,                                                                       \
        .about = "Since when they hold: for proposals whose snapshot block is not older, and if none was before."  \
    }

#define NUMBER_MEMBER(member, otherwise, least, most, sentence) \
    {.name = #member, .type = T_U64, .about = "Number: " sentence "."},
static const struct member parameters_members[] =
    {{.name = "id", .type = T_TEXT, .about = "The space's."},
     {.name = "name", .type = T_TEXT, .about = "For people."},
     {.name = "about", .type = T_TEXT, .about = "What it decides."},
     {.name = "strategy", .type = T_TEXT, .about = "What the network file says as its strategy."},
     {.name = "policy", .type = T_TEXT, .about = "What that means: a name, or parts of power joined by +."},
     {.name = "admins", .type = T_ADDRESS, .nest = NEST_SCALARS, .about = "Who may do more than others."},
     {.name = "threshold", .type = T_AMOUNT, .about = "Power that proposing takes."},
     {.name = "quorum", .type = T_AMOUNT, .about = "Power that must have voted."},
     SPACE_NUMBERS(NUMBER_MEMBER){0}};
#undef NUMBER_MEMBER

const struct route spaces_routes[] =
    {{.method = "GET",
      .path = "/v1/spaces",
      .about = "Spaces, in which proposals are made by signed messages, ordered by id.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .wants_time = true,
      .cache = CACHE_NEVER,
      .members = MEMBERS(SPACE_MEMBERS),
      .KEYS(T_TEXT, T_I64, T_I64),
      .extra = log_extra,
      .both_orders = true,
      .ask = list_ask},
     {.method = "GET",
      .path = "/v1/spaces/{id}",
      .about = "One space: all its parameters with their history, and how many proposals it has.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .wants_time = true,
      .cache = CACHE_NEVER,
      .parameters = PARAMETERS({.name = "id", .type = PARAMETER_TEXT, .max = SPACE_ID_MAX, .about = "The space."}),
      .members = MEMBERS(SPACE_MEMBERS,
                         {.name = "parameters",
                          .nest = NEST_OBJECT,
                          .members = parameters_members,
                          .write = offchain_write_json,
                          .about = "All of them."},
                         {.name = "proposals",
                          .nest = NEST_OBJECT,
                          .members = proposals_members,
                          .write = write_proposals,
                          .about = "How many there are, now or at the block's time."},
                         {.name = "history",
                          .nest = NEST_LIST,
                          .members = history_members,
                          .write = offchain_write_json,
                          .about = "The parameters as they changed; the last ones hold."},
                         LOG_SIZE_MEMBER),
      .ask = one_ask,
      .answer = one_answer},
     {0}};
