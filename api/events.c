/* api/events.c - the logs of the configured contracts: lists with filters, and one by its id. */
#include "api/event.h"
#include "api/routes.h"
#include "api/sql.h"
#include "ledger/mirror/abi.h"

/* Lists are ordered by (number, block, log index): as the chain is, and events of several blocks of one number stand
 * together. Parameters: $5 type, $6 subject, $7 contract, $8 from_block, $9 to_block, $10 retracted (0 no, 1 yes, 2
 * all), $11 .. $13 the key, $14 the limit.
 *
 * Which index drives depends on the filters: what reorgs took off the chain is little, else subject, else contract, else
 * type, else the blocks themselves. The others are looked at in each row. A block's `canonical` is whether it stands in
 * the chain now. Events of a later generation wait for its switch. The joins that only decorate a row come after the
 * limit. */
/* clang-format off */
#define IN_RANGE(number) " " number " BETWEEN coalesce($8::bigint, 0) AND least(coalesce($9::bigint, a.number),"      \
    " a.number)"
#define AFTER(compare) " (e.number, e.block, e.log_index) " compare " ($11, $12, $13)"
#define BOOKED_BY_NOW " AND e.generation <= a.generation"
/* Where they are given, and only there: each makes the planner expect fewer rows, until it would rather read them all and sort
 * them than go along an index and stop. */
#define OTHERS                                                                                                        \
    " AND ($6::bytea IS NULL OR e.subject = $6) AND ($7::bytea IS NULL OR e.contract = $7) AND ($5::text IS NULL OR"  \
    " e.type = ANY (ARRAY(SELECT y.id FROM mirror.event_type y WHERE y.name = $5)))"
/* A scalar subquery and no EXISTS: that may become a hash of the whole chain. */
#define WANTED                                                                                                        \
    " AND ($10::smallint = 2 OR ($10 = 0) ="                                                                          \
    " (coalesce((SELECT m.block FROM mirror.chain m WHERE m.number = e.number LIMIT 1), -1) = e.block))"
#define ORDER(order) " ORDER BY e.number " order ", e.block " order ", e.log_index " order

#define LIST(source, order)                                                                                           \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL ("                                                               \
    " SELECT" SQL_EVENT_COLUMNS("v.canonical IS NULL") ", v.number AS key1, v.block AS key2, v.log_index AS key3"     \
    " FROM (SELECT e.*, m.block AS canonical FROM (" source ") e"                                                     \
    "   LEFT JOIN LATERAL (SELECT m.block FROM mirror.chain m WHERE m.number = e.number AND m.block = e.block"        \
    "     LIMIT 1) m ON true) v"                                                                                      \
    " CROSS JOIN LATERAL (SELECT b.hash, b.time FROM mirror.block b WHERE b.id = v.block LIMIT 1) b"                  \
    " LEFT JOIN LATERAL (SELECT t.name, t.signature FROM mirror.event_type t WHERE t.id = v.type LIMIT 1) t ON true"  \
    " CROSS JOIN mirror.cursor f) x ON true ORDER BY x.key1 " order ", x.key2 " order ", x.key3 " order

/* Along an index, which is in the order of numbers: to sort by more than that is to read everything first. The events of the last
 * number come all; they are put in order and cut off outside. */
#define NEXT(others, compare, order)                                                                                  \
    " AND" IN_RANGE("e.number") " AND e.number " compare "= $11 AND" AFTER(compare) BOOKED_BY_NOW others WANTED       \
    " ORDER BY e.number " order " FETCH FIRST $14 ROWS WITH TIES"
#define BY(condition, others, compare, order)                                                                         \
    "SELECT e.* FROM (SELECT e.* FROM mirror.event e WHERE " condition NEXT(others, compare, order) ") e"             \
    ORDER(order) " LIMIT $14"
/* A name has a type for each version of its ABI. */
#define BY_TYPE(condition, compare, order)                                                                            \
    "SELECT e.* FROM mirror.event_type k CROSS JOIN LATERAL (SELECT e.* FROM mirror.event e WHERE e.type = k.id"      \
    condition NEXT("", compare, order) ") e WHERE k.name = $5" ORDER(order) " LIMIT $14"
/* Blocks in order, each with its events: canonical ones, those of reorgs, or all that were ever booked. */
#define BY_BLOCK(blocks, others, compare, order)                                                                              \
    "SELECT e.* FROM (" blocks " ORDER BY q.number " order ", q.block " order ") q"                                   \
    " CROSS JOIN LATERAL (SELECT e.* FROM mirror.event e WHERE e.block = q.block AND"                                 \
    " (q.number, q.block, e.log_index) " compare " ($11, $12, $13)" BOOKED_BY_NOW others WANTED                                    \
    " ORDER BY e.log_index " order " LIMIT $14) e ORDER BY q.number " order ", q.block " order ", e.log_index"        \
    " " order " LIMIT $14"
#define CHAIN(compare) "SELECT q.number, q.block FROM mirror.chain q WHERE q.number " compare "= $11"                 \
    " AND" IN_RANGE("q.number")
#define UNWOUND(compare)                                                                                              \
    "SELECT DISTINCT q.number, q.block FROM mirror.reorg_block q WHERE q.number " compare "= $11"                     \
    " AND" IN_RANGE("q.number")
#define BOOKED(compare)                                                                                               \
    "SELECT q.number, q.block FROM (SELECT b.number, b.id AS block FROM mirror.block b) q WHERE q.number"             \
    " " compare "= $11 AND" IN_RANGE("q.number")
/* clang-format on */

enum { RETRACTED_NO, RETRACTED_YES, RETRACTED_ALL };

/* clang-format off */
#define BY_UNWOUND(compare, order)       BY_BLOCK(UNWOUND(compare), OTHERS, compare, order)
#define BY_CHAIN(compare, order)         BY_BLOCK(CHAIN(compare), "", compare, order)
#define BY_BOOKED(compare, order)        BY_BLOCK(BOOKED(compare), "", compare, order)
#define BY_SUBJECT(compare, order)       BY("e.subject = $6", "", compare, order)
#define BY_SUBJECT_MORE(compare, order)  BY("e.subject = $6", OTHERS, compare, order)
#define BY_CONTRACT(compare, order)      BY("e.contract = $7", "", compare, order)
#define BY_CONTRACT_TYPE(compare, order) BY_TYPE(" AND e.contract = $7", compare, order)
#define BY_TYPE_ALONE(compare, order)    BY_TYPE("", compare, order)
#define BOTH_ORDERS(source) (down ? LIST(source("<", "DESC"), "DESC") : LIST(source(">", "ASC"), "ASC"))
/* clang-format on */

static const char *list_statement(const struct request *r, int16_t retracted)
{
    bool down = r->page.descending, contract = request_given(r, "contract"), type = request_given(r, "type");
    if (retracted == RETRACTED_YES)
        return BOTH_ORDERS(BY_UNWOUND);
    if (request_given(r, "subject"))
        return contract || type ? BOTH_ORDERS(BY_SUBJECT_MORE) : BOTH_ORDERS(BY_SUBJECT);
    if (contract)
        return type ? BOTH_ORDERS(BY_CONTRACT_TYPE) : BOTH_ORDERS(BY_CONTRACT);
    if (type)
        return BOTH_ORDERS(BY_TYPE_ALONE);
    return retracted == RETRACTED_NO ? BOTH_ORDERS(BY_CHAIN) : BOTH_ORDERS(BY_BOOKED);
}

/* A misspelt type would be an empty list, which reads like an answer. */
static enum err check_type(const struct request *r)
{
    const struct abi_event *found;
    if (request_given(r, "type") && abi_by_type(request_text(r, "type"), &found, 1) == 0)
        return err_with(ERR_FIELD, "type: no event is called so; one that is: ERC20.Transfer");
    return OK;
}

static enum err events_ask(const struct request *r, struct statement *s)
{
    TRY(check_type(r));
    if (request_given(r, "from_block") && request_given(r, "to_block") &&
        request_u64(r, "from_block") > request_u64(r, "to_block"))
        return err_with(ERR_FIELD, "to_block: must not be below from_block");
    int16_t retracted = (int16_t)request_choice(r, "retracted");
    s->sql = list_statement(r, retracted);
    statement_at(s, r); /* $1 .. $4 */
    statement_value(s, r, "type");
    statement_value(s, r, "subject");
    statement_value(s, r, "contract");
    statement_value(s, r, "from_block");
    statement_value(s, r, "to_block");
    statement_in(s, (struct param){T_I16, arena_copy(r->arena, &retracted, sizeof retracted)});
    statement_page(s, r); /* $11 .. $14 */
    return OK;
}

static enum err event_ask(const struct request *r, struct statement *s)
{
    struct hash block;
    int32_t log_index;
    if (!event_id_parse(request_text(r, "id"), &block, &log_index))
        return err_with(ERR_NOT_FOUND, "an event's id is its block's hash, a dash and its log index");
    /* clang-format off */
    s->sql = "SELECT" SQL_EVENT_COLUMNS("(m.block IS NULL)")
             " FROM mirror.block b JOIN mirror.event v ON v.block = b.id LEFT JOIN mirror.event_type t ON t.id = v.type"
             " LEFT JOIN mirror.chain m ON m.number = b.number AND m.block = b.id CROSS JOIN mirror.cursor f"
             " WHERE b.hash = $1 AND v.log_index = $2 AND v.generation <= f.generation";
    /* clang-format on */
    statement_in(s, (struct param){T_HASH, arena_copy(r->arena, &block, sizeof block)});
    statement_in(s, (struct param){T_I32, arena_copy(r->arena, &log_index, sizeof log_index)});
    return OK;
}

static enum err event_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    (void)r;
    event_write_members(&reply->json, rows, 0, 0);
    return OK;
}

const struct route events_routes[] =
    {{.method = "GET",
      .path = "/v1/events",
      .about =
          "Logs of the configured contracts in chain order, decoded; canonical ones unless retracted says otherwise.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS(
          {.name = "type", .type = PARAMETER_TEXT, .max = 128, .about = "Only this type, as in ERC20.Transfer."},
          {.name = "subject",
           .type = PARAMETER_ADDRESS,
           .about =
               "Only events whose subject is this address: their first argument of type address, for a transfer the "
               "sender. What an account received stands in /v1/accounts/{address}/entries."},
          {.name = "contract", .type = PARAMETER_ADDRESS, .about = "Only events of this contract."},
          {.name = "from_block", .type = PARAMETER_U64, .about = "First block number."},
          {.name = "to_block", .type = PARAMETER_U64, .about = "Last block number."},
          {.name = "retracted",
           .type = PARAMETER_CHOICE,
           .choices = CHOICES("false", "true", "all"),
           .about = "Whether to list what reorgs took off the chain."}),
      .members = MEMBERS(EVENT_MEMBERS),
      .KEYS(T_I64, T_I64, T_I32),
      .both_orders = true,
      .ask = events_ask},
     {.method = "GET",
      .path = "/v1/events/{id}",
      .about = "One event, also if it was retracted.",
      .shape = SHAPE_OBJECT,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS(
          {.name = "id", .type = PARAMETER_TEXT, .max = 128, .about = "Block hash, dash, log index."}),
      .members = MEMBERS(EVENT_MEMBERS),
      .ask = event_ask,
      .answer = event_answer},
     {0}};
