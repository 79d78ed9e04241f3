/* api/offchain.h - what routes about off-chain proposals share: of which log an answer speaks, and how a proposal is read.
 *
 * A statement begins with SQL_AT and SQL_LOG: `a` is the as-of block, `g` one row (size, moment): the log of which the answer
 * speaks and the moment at which it does (api_v1.log_at). Entries at positions below g.size exist, others do not. Such routes
 * take at, have wants_time and CACHE_NEVER, for the log grows without a new block.
 *
 *     s->sql = SQL_AT SQL_LOG_NOW("$5", "$6", "$7") "SELECT a.*, p.state, g.size FROM a CROSS JOIN g CROSS JOIN LATERAL "
 *              SQL_OFFCHAIN("$8") " p";
 *     statement_at(s, r);          // $1 .. $4
 *     statement_log(s, r);         // $5 .. $7
 *     statement_value(s, r, "id"); // $8
 *
 * Lists whose rows change (or go) as the log grows have size and moment as their last two keys, T_I64 (SQL_LOG_KEYS), so that
 * all pages speak of one log: SQL_LOG with the two keys instead of SQL_LOG_NOW. */
#ifndef API_OFFCHAIN_H
#define API_OFFCHAIN_H

#include "api/nested.h"
#include "api/proposal.h"
#include "api/sql.h"

/* clang-format off */
/* Key of size, key of moment; clock, number, time: as statement_log binds them. */
#define SQL_LOG(size, moment, clock, number, time)                                                                    \
    ", g AS MATERIALIZED (SELECT l.* FROM a CROSS JOIN LATERAL api_v1.log_at(" size ", " moment ", " clock ", "       \
    SQL_TIME_OF_BLOCK(number, time) ") l) "
#define SQL_LOG_NOW(clock, number, time) SQL_LOG("NULL", "NULL", clock, number, time)
#define SQL_LOG_KEYS "g.size AS key_size, extract(epoch FROM g.moment)::bigint AS key_moment"
/* Columns: sql/0019_offchain_read.sql. No row: there is no such off-chain proposal in that log. */
#define SQL_OFFCHAIN(id) "api_v1.offchain_at(" id ", g.size, g.moment)"
/* clang-format on */

/* The service's clock. */
struct instant offchain_clock(void);
/* 3: the service's clock for at=latest (else NULL: the block's time), then as statement_time. */
void statement_log(struct statement *s, const struct request *r);

/* In objects a member, in lists what stands beside the data (`extra`). */
#define LOG_SIZE_MEMBER                                                                                     \
    {                                                                                                       \
        .name = "log_size", .type = T_U64, .about = "Entries of the message log that the answer speaks of." \
    }
extern const struct member log_extra[];
/* Of objects of both sources the last member: on-chain ones do not hang on the log and have none. */
#define LOG_SIZE_IF_OFFCHAIN                                                                              \
    {                                                                                                     \
        .name = "log_size", .type = T_U64, .optional = true,                                              \
        .about = "Entries of the message log that the answer speaks of; of an on-chain proposal missing." \
    }
/* The members of an object of one row; an optional one whose column is null is left out. */
void offchain_render(const struct request *r, const struct rows *rows, struct reply *reply);

/* Columns of JSON text that was canonical when it was stored, an array of texts, an array of decimal numbers: null is null. */
void offchain_write_json(struct json_writer *w, const struct rows *rows, size_t row, size_t column);
void offchain_write_texts(struct json_writer *w, const struct rows *rows, size_t row, size_t column);
void offchain_write_scores(struct json_writer *w, const struct rows *rows, size_t row, size_t column);
/* Numbers as they are stored: the name of a type of voting, of a policy, of a finality. */
void offchain_write_type(struct json_writer *w, const struct rows *rows, size_t row, size_t column);
void offchain_write_policy(struct json_writer *w, const struct rows *rows, size_t row, size_t column);
void offchain_write_finality(struct json_writer *w, const struct rows *rows, size_t row, size_t column);

#endif
