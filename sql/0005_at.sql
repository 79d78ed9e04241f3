-- sql/0005_at.sql - which block a reader means, resolved inside the reader's own statement.

CREATE SCHEMA IF NOT EXISTS api_v1;
COMMENT ON SCHEMA api_v1 IS 'What the HTTP API and people with SQL read from: views and functions that stay stable while the tables below change.';

CREATE INDEX block_time ON mirror.block (time);
COMMENT ON INDEX mirror.block_time IS 'For at=<time>: the last block at or before it.';

-- In plpgsql, so that a statement that calls at() does not carry (and start) their plans when it is asked for a number.
CREATE FUNCTION api_v1.number_of(block_hash bytea) RETURNS bigint LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT h.number FROM mirror.block b JOIN mirror.chain h ON h.block = b.id WHERE b.hash = block_hash);
END $$;
COMMENT ON FUNCTION api_v1.number_of(bytea) IS 'Number of the canonical block with this hash; null: unknown, or reorganised away.';

CREATE FUNCTION api_v1.number_at(moment timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT h.number FROM mirror.block b JOIN mirror.chain h ON h.block = b.id WHERE b.time <= moment
             ORDER BY b.time DESC, b.number DESC LIMIT 1);
END $$;
COMMENT ON FUNCTION api_v1.number_at(timestamptz) IS 'Number of the last canonical block at or before this time whose header is stored; null: none.';

-- One SELECT, so that PostgreSQL inlines it into the statement that calls it: block and rows come from one snapshot. $1: 0 latest,
-- 1 safe, 2 finalized, 3 number, 4 hash, 5 time (api/request.h, enum at_kind); the argument of the other kinds is null.
CREATE FUNCTION api_v1.at(kind smallint, at_number bigint, at_hash bytea, at_time timestamptz)
RETURNS TABLE (number bigint, hash bytea, "time" timestamptz, finality smallint, root bytea, "position" bigint, head bigint, generation bigint, version bigint)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT n.number, b.hash, b.time,
           CASE WHEN n.number <= n.finalized_number THEN 2::smallint WHEN n.number <= n.safe_number THEN 1::smallint ELSE 0::smallint END,
           (SELECT r.root::bytea FROM ledger.root r WHERE r.position <= (n.number << 32 | 4294967295) ORDER BY r.position DESC LIMIT 1),
           n.number << 32 | 4294967295, n.head_number, n.generation::bigint, n.state_version
      FROM (SELECT c.head_number, c.safe_number, c.finalized_number, c.source_head, c.generation, c.state_version,
                   CASE $1 WHEN 0 THEN c.head_number
                           WHEN 1 THEN c.safe_number
                           WHEN 2 THEN c.finalized_number
                           WHEN 3 THEN $2
                           WHEN 4 THEN api_v1.number_of($3)
                           ELSE api_v1.number_at($4) END AS number
              FROM mirror.cursor c OFFSET 0) n -- OFFSET: the number is worked out once, not wherever it is mentioned
      LEFT JOIN LATERAL (SELECT x.hash::bytea, x.time FROM mirror.chain h JOIN mirror.block x ON x.id = h.block
                          WHERE h.number = n.number LIMIT 1) b ON true
     WHERE n.number <= n.head_number
       AND n.number >= (SELECT f.number FROM mirror.chain f ORDER BY f.number LIMIT 1)
       AND ($1 IN (3, 4) OR n.source_head IS NULL OR n.source_head <= n.head_number)
$$;
COMMENT ON FUNCTION api_v1.at(smallint, bigint, bytea, timestamptz) IS 'The block that at= names, with its finality (0 latest, 1 safe, 2 finalized), root and the last position that counts; no row if there is none or, for aliases and times, while the mirror is behind its source. Hash and time are null for a finalized block whose header is not stored.';
