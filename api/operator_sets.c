/* api/operator_sets.c - EigenLayer operator sets: strategies, slasher, recipient of slashed shares, members. */
#include "api/nested.h"
#include "api/routes.h"
#include "api/sql.h"

/* clang-format off */
#define STRATEGIES                                                                                                    \
    "(SELECT json_agg(" SQL_HEX("t.strategy") " ORDER BY t.strategy)::text"                                           \
    " FROM api_v1.operator_set_strategies(s.avs, s.id, a.position) t)"
#define MEMBERS_OF_SET                                                                                                \
    "(SELECT json_agg(json_build_array(" SQL_HEX("m.operator") ", m.registered, m.slashable, m.slashable_until)"      \
    " ORDER BY m.operator)::text FROM api_v1.operator_set_members(s.avs, s.id, a.position, a.number) m)"
#define COLUMNS                                                                                                       \
    "s.avs, s.id, s.since_block, s.recipient, p.slasher, p.pending_slasher, p.effect_block, " STRATEGIES " AS strategies"
#define SLASHER " CROSS JOIN LATERAL api_v1.slasher(s.avs, s.id, a.position, a.number) p"

/* Operator sets are few: each page reads them all once. */
#define SETS(compare, order)                                                                                          \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (SELECT " COLUMNS ", s.avs AS key1, s.id AS key2"                \
    " FROM (SELECT * FROM api_v1.operator_sets($5, a.position) s WHERE (s.avs, s.id) " compare " ($6, $7)"            \
    "   ORDER BY s.avs " order ", s.id " order " LIMIT $8) s" SLASHER ") x ON true"                                   \
    " ORDER BY x.key1 " order ", x.key2 " order
/* clang-format on */

enum {
    COLUMN_AVS = AT_COLUMNS,
    COLUMN_ID,
    COLUMN_SINCE,
    COLUMN_RECIPIENT,
    COLUMN_SLASHER,
    COLUMN_PENDING_SLASHER,
    COLUMN_EFFECT_BLOCK,
    COLUMN_STRATEGIES,
    COLUMN_MEMBERS
};

static enum err sets_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? SETS("<", "DESC") : SETS(">", "ASC");
    statement_at(s, r);           /* $1 .. $4 */
    statement_value(s, r, "avs"); /* $5 */
    statement_page(s, r);         /* $6, $7, $8 */
    return OK;
}

/* A set that had not been created by the block yields no row, hence 404. */
static enum err set_ask(const struct request *r, struct statement *s)
{
    s->sql = SQL_AT "SELECT a.*, " COLUMNS ", " MEMBERS_OF_SET " AS members FROM a"
                    " JOIN LATERAL api_v1.operator_sets($5, a.position) s ON s.id = $6" SLASHER;
    statement_at(s, r);           /* $1 .. $4 */
    statement_value(s, r, "avs"); /* $5 */
    statement_value(s, r, "id");  /* $6 */
    return OK;
}

static const struct member member_members[] =
    {{.name = "operator", .type = T_ADDRESS, .about = "The operator."},
     {.name = "registered", .type = T_BOOL, .about = "What isMemberOfOperatorSet answers."},
     {.name = "slashable", .type = T_BOOL, .about = "What isOperatorSlashable answers."},
     {.name = "slashable_until",
      .type = T_U64,
      .about = "After it left: the last block in which it can be slashed; 0 while it is registered."},
     {0}};

static void write_strategies(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    nested_write_scalars(w, rows, row, column, T_ADDRESS);
}

static void write_address_or_null(struct json_writer *w, const char *key, const struct rows *rows, size_t column)
{
    jw_key(w, key);
    if (rows_null(rows, 0, column))
        jw_null(w);
    else
        jw_address(w, rows_address(rows, 0, column));
}

static enum err set_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    (void)r;
    struct json_writer *w = &reply->json;
    jw_key(w, "avs");
    jw_address(w, rows_address(rows, 0, COLUMN_AVS));
    jw_key(w, "id");
    jw_u64(w, rows_u64(rows, 0, COLUMN_ID));
    jw_key(w, "since_block");
    jw_u64(w, rows_u64(rows, 0, COLUMN_SINCE));
    write_address_or_null(w, "recipient", rows, COLUMN_RECIPIENT);
    write_address_or_null(w, "slasher", rows, COLUMN_SLASHER);
    write_address_or_null(w, "pending_slasher", rows, COLUMN_PENDING_SLASHER);
    jw_key(w, "slasher_effect_block");
    jw_u64(w, rows_u64(rows, 0, COLUMN_EFFECT_BLOCK));
    jw_key(w, "strategies");
    write_strategies(w, rows, 0, COLUMN_STRATEGIES);
    jw_key(w, "members");
    nested_write_list(w, rows, 0, COLUMN_MEMBERS, member_members);
    return OK;
}

#define SET_MEMBERS                                                                                                  \
    {.name = "avs", .type = T_ADDRESS, .about = "The AVS."},                                                         \
        {.name = "id", .type = T_U64, .about = "Number of the set within the AVS."},                                 \
        {.name = "since_block", .type = T_U64, .about = "The block that created it."},                               \
        {.name = "recipient",                                                                                        \
         .type = T_ADDRESS,                                                                                          \
         .nullable = true,                                                                                           \
         .about = "To whom slashed shares are redistributed; null: they are burned."},                               \
        {.name = "slasher", .type = T_ADDRESS, .nullable = true, .about = "Who may slash; null if no log said so."}, \
        {.name = "pending_slasher",                                                                                  \
         .type = T_ADDRESS,                                                                                          \
         .nullable = true,                                                                                           \
         .about = "Who will be the slasher from slasher_effect_block on."},                                          \
        {.name = "slasher_effect_block", .type = T_U64, .about = "When that is; 0: no change is pending."},          \
    {                                                                                                                \
        .name = "strategies", .type = T_ADDRESS, .nest = NEST_SCALARS, .write = write_strategies,                    \
        .about = "What getStrategiesInOperatorSet answers, ordered by address."                                      \
    }

const struct route operator_sets_routes[] =
    {{.method = "GET",
      .path = "/v1/operator-sets",
      .about = "EigenLayer operator sets, ordered by AVS and number.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS({.name = "avs", .type = PARAMETER_ADDRESS, .about = "Only those of this AVS."}),
      .members = MEMBERS(SET_MEMBERS),
      .KEYS(T_ADDRESS, T_I64),
      .both_orders = true,
      .ask = sets_ask},
     {.method = "GET",
      .path = "/v1/operator-sets/{avs}/{id}",
      .about = "One operator set with its members.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS({.name = "avs", .type = PARAMETER_ADDRESS, .about = "The AVS."},
                               {.name = "id", .type = PARAMETER_U64, .max = UINT32_MAX, .about = "Number of the set."}),
      .members = MEMBERS(SET_MEMBERS, {.name = "members",
                                       .nest = NEST_LIST,
                                       .members = member_members,
                                       .about = "Every operator that ever registered for it."}),
      .ask = set_ask,
      .answer = set_answer},
     {0}};
