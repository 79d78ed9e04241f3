/* api/sql.h - pieces of statement text that several nouns share; each is a literal, joined at compile time. */
#ifndef API_SQL_H
#define API_SQL_H

/* The as-of block once per statement: a list's other columns are many rows, and `position` is a plain value in them. */
/* clang-format off */
#define SQL_AT "WITH a AS MATERIALIZED (SELECT * FROM api_v1.at($1, $2, $3, $4)) "

/* Its place for a finalized block asked for by number whose as-of is in memory (asof.h): a row with what may have changed since.
 * To look the block up again would cost as much as a balance does. No row: it is not finalized here. */
#define SQL_AT_KEPT                                                                                                   \
    "WITH a AS MATERIALIZED (SELECT $2 AS number, $3 AS hash, $4 AS \"time\", 2::smallint AS finality,"               \
    " NULL::bytea AS root, $2 << 32 | 4294967295 AS \"position\", c.head_number AS head,"                             \
    " c.generation::bigint AS generation, c.state_version AS version"                                                 \
    " FROM mirror.cursor c WHERE $1 = 3 AND c.finalized_number >= $2) "

#define SQL_KINDS_OF_TOKENS "('erc20', 'erc20votes', 'erc4626', 'erc1155')"

#define SQL_ZERO_ADDRESS "'\\x0000000000000000000000000000000000000000'::bytea"

/* Books whose accounts are people's: those that name a family. Their counter-accounts belong to nobody. */
#define SQL_IS_HOLDER_BOOK "k.id = k.family"
/* clang-format on */

#endif
