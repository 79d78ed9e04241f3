/* api/sql.h - pieces of statement text that several nouns share; each is a literal, joined at compile time. */
#ifndef API_SQL_H
#define API_SQL_H

/* The as-of block once per statement: a list's other columns are many rows, and `position` is a plain value in them. */
#define SQL_AT "WITH a AS MATERIALIZED (SELECT * FROM api_v1.at($1, $2, $3, $4)) "

/* One row per contract of the network file that the books were made by. Members that are not named are null. */
#define SQL_CONTRACTS                                                                                          \
    "(SELECT decode(substr(j.value ->> 'address', 3), 'hex') AS address, j.value ->> 'kind' AS kind, "         \
    " nullif(j.value ->> 'name', '') AS name, j.value ->> 'symbol' AS symbol, "                                \
    " (j.value ->> 'decimals')::int AS decimals, decode(substr(j.value ->> 'asset', 3), 'hex') AS asset "      \
    " FROM mirror.cursor c CROSS JOIN LATERAL jsonb_array_elements(c.network::jsonb -> 'contracts') j)"
#define SQL_KINDS_OF_TOKENS "('erc20', 'erc20votes', 'erc4626', 'erc1155')"

/* Books whose accounts are people's: those that name a family. Their counter-accounts belong to nobody. */
#define SQL_IS_HOLDER_BOOK "k.id = k.family"

#endif
