-- sql/0012_alt_staking_read.sql - ALT's own staking as of a block: positions, operators, distributions, alerts.
--
-- Each function is one SELECT. Small ones are inlined into the statement that calls them; large ones are in plpgsql, because a statement
-- sets up all of its plan each time, and an account without a position would spend most of its time on theirs. `until` is the last position that counts. Every value
-- is one probe of its timeline's index; keys are found by hopping through the index. What changes with time alone (indices between
-- updates, when a cooldown is over) is left to the caller, who knows the block's time.

COMMENT ON COLUMN ledger.account.asset IS 'Contract address (20 bytes): token or strategy; with token id (52 bytes). alt.staked, alt.cooldown: the id is the operator; alt.reward, alt.claim: the distribution.';
COMMENT ON COLUMN ledger.account.second IS 'Second party where a book has one, else empty. queued, alt.reward, alt.claim: the operator; slashed: operator set (4 bytes) and slash id (32).';

CREATE FUNCTION api_v1.alt_operator_asset(of_contract bytea, of_operator bytea) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT of_contract || '\x000000000000000000000000'::bytea || of_operator
$$;
COMMENT ON FUNCTION api_v1.alt_operator_asset(bytea, bytea) IS 'Asset of the books alt.staked and alt.cooldown: contract and ERC-1155 id, which is uint160(operator).';

CREATE FUNCTION api_v1.alt_distribution_asset(of_contract bytea, of_distribution integer) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT of_contract || decode(lpad(to_hex(of_distribution), 64, '0'), 'hex')
$$;
COMMENT ON FUNCTION api_v1.alt_distribution_asset(bytea, integer) IS 'Asset of the books alt.reward and alt.claim: contract and distribution id (of alt.claim: the lowest of the pool).';

CREATE FUNCTION api_v1.alt_balance(of_book smallint, of_asset bytea, of_owner bytea, of_second bytea, until bigint) RETURNS numeric LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce((SELECT e.balance FROM ledger.account n
                      CROSS JOIN LATERAL (SELECT x.balance FROM ledger.entry x WHERE x.account = n.id AND x.position <= until ORDER BY x.position DESC LIMIT 1) e
                      WHERE n.book = of_book AND n.asset = of_asset AND n.owner = of_owner AND n.second = of_second), 0)::numeric
$$;
COMMENT ON FUNCTION api_v1.alt_balance(smallint, bytea, bytea, bytea, bigint) IS 'Balance of an account at a position; 0 if it had not been opened.';

CREATE FUNCTION api_v1.alt_setting(of_contract bytea, number integer, until bigint) RETURNS numeric LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT t.value::numeric FROM ledger.alt_setting t WHERE t.contract = of_contract AND t.setting = number AND t.position <= until ORDER BY t.position DESC LIMIT 1
$$;
COMMENT ON FUNCTION api_v1.alt_setting(bytea, integer, bigint) IS 'A setting of the contract (numbers: ledger.alt_setting.setting); null: unknown.';

CREATE FUNCTION api_v1.alt_operators(of_contract bytea, until bigint)
RETURNS TABLE (operator bytea, registered boolean, frozen boolean, fee_bps integer, pending_fee_bps integer, fee_cooldown_end timestamptz, node_key bytea, voted_alerts integer, votes_known boolean,
               total_supply numeric, cooling numeric, cooldown_doubt numeric)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 20 AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH RECURSIVE k (operator) AS (
        (SELECT t.operator::bytea FROM ledger.alt_operator t WHERE t.contract = of_contract ORDER BY t.operator LIMIT 1)
        UNION ALL
        SELECT n.operator FROM k CROSS JOIN LATERAL (SELECT t.operator::bytea FROM ledger.alt_operator t
                                                      WHERE t.contract = of_contract AND t.operator > k.operator ORDER BY t.operator LIMIT 1) n
    )
    SELECT k.operator, l.registered, l.frozen, l.fee_bps, l.pending_fee_bps, l.fee_cooldown_end, nullif(l.node_key::bytea, '\x0000000000000000000000000000000000000000'),
           l.voted_alerts, l.votes_known,
           api_v1.alt_balance(41::smallint, z.asset, '\x0000000000000000000000000000000000000000', '', until),
           api_v1.alt_balance(43::smallint, z.asset, '\x0000000000000000000000000000000000000000', '', until), l.cooldown_doubt::numeric
      FROM k
     CROSS JOIN LATERAL (SELECT t.* FROM ledger.alt_operator t WHERE t.contract = of_contract AND t.operator = k.operator AND t.position <= until
                          ORDER BY t.position DESC LIMIT 1) l
     CROSS JOIN LATERAL (SELECT api_v1.alt_operator_asset(of_contract, k.operator) AS asset OFFSET 0) z;
END $$;
COMMENT ON FUNCTION api_v1.alt_operators(bytea, bigint) IS 'Operators of the contract by address. cooling is the most that cools down, and may be less by cooldown_doubt.';

CREATE FUNCTION api_v1.alt_voted_alerts(of_contract bytea, of_operator bytea, n integer, until bigint) RETURNS TABLE (place integer, alert bytea) LANGUAGE sql STABLE PARALLEL SAFE ROWS 10 AS $$
    SELECT p.place, l.alert::bytea FROM generate_series(0, n - 1) AS p (place)
     CROSS JOIN LATERAL (SELECT t.alert FROM ledger.alt_vote t WHERE t.contract = of_contract AND t.operator = of_operator AND t.place = p.place AND t.position <= until
                          ORDER BY t.position DESC LIMIT 1) l
$$;
COMMENT ON FUNCTION api_v1.alt_voted_alerts(bytea, bytea, integer, bigint) IS 'getVotedAlerts of an operator whose list has n entries.';

CREATE FUNCTION api_v1.alt_accrual(of_contract bytea, until bigint) RETURNS TABLE (number bigint, "time" timestamptz) LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT t.position >> 32, t.time FROM ledger.alt_accrual t WHERE t.contract = of_contract AND t.position <= until ORDER BY t.position DESC LIMIT 1
$$;
COMMENT ON FUNCTION api_v1.alt_accrual(bytea, bigint) IS 'The last block in which the contract updated its distributions.';

CREATE FUNCTION api_v1.alt_distributions(of_contract bytea, until bigint)
RETURNS TABLE (distribution integer, index numeric, reward_token bytea, reward_vault bytea, emission_per_second numeric, starts_at timestamptz, ends_at timestamptz, updated_at timestamptz, read_block bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 5 AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT d.distribution,
           coalesce((SELECT t.index FROM ledger.alt_distribution_index t WHERE t.contract = of_contract AND t.distribution = d.distribution AND t.position <= until
                      ORDER BY t.position DESC LIMIT 1), 0)::numeric,
           nullif(l.reward_token::bytea, '\x0000000000000000000000000000000000000000'), nullif(l.reward_vault::bytea, '\x0000000000000000000000000000000000000000'),
           CASE WHEN l.is_read THEN l.emission_per_second::numeric END, CASE WHEN l.is_read THEN l.starts_at END, CASE WHEN l.is_read THEN l.ends_at END,
           CASE WHEN l.is_read THEN l.updated_at END, CASE WHEN l.is_read THEN l.position >> 32 END
      FROM generate_series(1, coalesce(api_v1.alt_setting(of_contract, 11, until), 0)::integer) AS d (distribution)
      LEFT JOIN LATERAL (SELECT t.* FROM ledger.alt_distribution t WHERE t.contract = of_contract AND t.distribution = d.distribution AND t.position <= until
                          ORDER BY t.position DESC LIMIT 1) l ON true;
END $$;
COMMENT ON FUNCTION api_v1.alt_distributions(bytea, bigint) IS 'Distributions that a log or a read named: stored index; token and vault (null: never seen paying); terms as read at read_block (null: never read).';

CREATE FUNCTION api_v1.alt_alerts(of_contract bytea, until bigint)
RETURNS TABLE (alert bytea, vote_count numeric, count_known boolean, is_active boolean, listed boolean, kind smallint, expiry timestamptz, reset_count integer, reset_count_known boolean)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 20 AS $$
    WITH RECURSIVE k (alert) AS (
        (SELECT t.alert::bytea FROM ledger.alt_alert t WHERE t.contract = of_contract ORDER BY t.alert LIMIT 1)
        UNION ALL
        SELECT n.alert FROM k CROSS JOIN LATERAL (SELECT t.alert::bytea FROM ledger.alt_alert t
                                                   WHERE t.contract = of_contract AND t.alert > k.alert ORDER BY t.alert LIMIT 1) n
    )
    SELECT k.alert, l.vote_count::numeric, l.count_known, l.is_active, l.listed, l.kind, l.expiry, l.reset_count, l.reset_count_known FROM k
     CROSS JOIN LATERAL (SELECT t.* FROM ledger.alt_alert t WHERE t.contract = of_contract AND t.alert = k.alert AND t.position <= until
                          ORDER BY t.position DESC LIMIT 1) l
$$;
COMMENT ON FUNCTION api_v1.alt_alerts(bytea, bigint) IS 'Every alert that was ever voted on, removed ones included.';

CREATE FUNCTION api_v1.alt_positions(of_staker bytea, until bigint)
RETURNS TABLE (contract bytea, operator bytea, staked numeric, cooling numeric, started_at timestamptz, cooldown_doubt numeric) LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 2 AS $$
#variable_conflict use_column
BEGIN
    IF NOT EXISTS (SELECT FROM ledger.alt_setting) AND NOT EXISTS (SELECT FROM ledger.account n WHERE n.owner = of_staker AND n.book = 40) THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH RECURSIVE c (contract) AS (
        (SELECT t.contract::bytea FROM ledger.alt_setting t ORDER BY t.contract LIMIT 1)
        UNION ALL
        SELECT n.contract FROM c CROSS JOIN LATERAL (SELECT t.contract::bytea FROM ledger.alt_setting t WHERE t.contract > c.contract ORDER BY t.contract LIMIT 1) n
    ), i (contract, operator) AS (
        SELECT c.contract, x.operator FROM c
         CROSS JOIN LATERAL (SELECT t.operator::bytea FROM ledger.alt_user_index t WHERE t.contract = c.contract AND t.staker = of_staker ORDER BY t.operator LIMIT 1) x
        UNION ALL
        SELECT i.contract, x.operator FROM i
         CROSS JOIN LATERAL (SELECT t.operator::bytea FROM ledger.alt_user_index t
                              WHERE t.contract = i.contract AND t.staker = of_staker AND t.operator > i.operator ORDER BY t.operator LIMIT 1) x
    ), k (contract, operator) AS (
        SELECT i.contract, i.operator FROM i
        UNION SELECT substr(n.asset, 1, 20), substr(n.asset, 33, 20) FROM ledger.account n WHERE n.owner = of_staker AND n.book = 40
    )
    SELECT k.contract, k.operator, s.staked, s.cooling, l.started_at, coalesce(l.doubt, 0)::numeric FROM k
     CROSS JOIN LATERAL (SELECT api_v1.alt_balance(40::smallint, z.asset, of_staker, '', until) AS staked, api_v1.alt_balance(42::smallint, z.asset, of_staker, '', until) AS cooling
                           FROM (SELECT api_v1.alt_operator_asset(k.contract, k.operator) AS asset OFFSET 0) z OFFSET 0) s
      LEFT JOIN LATERAL (SELECT t.started_at, t.doubt FROM ledger.alt_cooldown t WHERE t.contract = k.contract AND t.staker = of_staker AND t.operator = k.operator
                            AND t.position <= until ORDER BY t.position DESC LIMIT 1) l ON true
     WHERE s.staked > 0 OR s.cooling > 0
        OR EXISTS (SELECT FROM ledger.alt_user_index t WHERE t.contract = k.contract AND t.staker = of_staker AND t.operator = k.operator AND t.position <= until);
END $$;
COMMENT ON FUNCTION api_v1.alt_positions(bytea, bigint) IS 'Positions of a staker that the contract knows. cooling is the most that cools down, and may be less by cooldown_doubt.';

CREATE FUNCTION api_v1.alt_rewards(of_contract bytea, of_staker bytea, of_operator bytea, until bigint)
RETURNS TABLE (distribution integer, credited numeric, pool integer, open_claims numeric, user_index numeric) LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 5 AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT d.distribution, api_v1.alt_balance(44::smallint, z.asset, of_staker, of_operator, until), p.pool,
           CASE WHEN p.pool = d.distribution THEN api_v1.alt_balance(49::smallint, z.asset, of_staker, of_operator, until) ELSE 0 END,
           coalesce((SELECT t.index FROM ledger.alt_user_index t
                      WHERE t.contract = of_contract AND t.staker = of_staker AND t.operator = of_operator AND t.distribution = d.distribution AND t.position <= until
                      ORDER BY t.position DESC LIMIT 1), 0)::numeric
      FROM generate_series(1, coalesce(api_v1.alt_setting(of_contract, 11, until), 0)::integer) AS d (distribution)
     CROSS JOIN LATERAL (SELECT api_v1.alt_distribution_asset(of_contract, d.distribution) AS asset OFFSET 0) z
     CROSS JOIN LATERAL (SELECT coalesce((SELECT t.pool FROM ledger.alt_pool t
                                           WHERE t.contract = of_contract AND t.staker = of_staker AND t.operator = of_operator AND t.distribution = d.distribution
                                             AND t.position <= until ORDER BY t.position DESC LIMIT 1), 0) AS pool OFFSET 0) p;
END $$;
COMMENT ON FUNCTION api_v1.alt_rewards(bytea, bytea, bytea, bigint) IS 'Rewards of a position by distribution. credited is claimable, unless pool is not 0: then the pool''s claimable sum is what its members were credited less the open_claims of its lowest member.';

CREATE FUNCTION api_v1.alt_figures(of_contract bytea, until bigint) RETURNS json LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (
        SELECT json_build_array('0x' || encode(of_contract, 'hex'), api_v1.alt_setting(of_contract, 1, until)::bigint, x.number, extract(epoch FROM x."time")::bigint,
               (SELECT CASE WHEN coalesce(bool_and(o.frozen OR o.cooldown_doubt = 0), true) THEN coalesce(sum(o.total_supply - o.cooling) FILTER (WHERE NOT o.frozen), 0)::text END
                  FROM api_v1.alt_operators(of_contract, until) o),
               (SELECT coalesce(json_agg(json_build_array(d.distribution, d.index::text, '0x' || encode(d.reward_token, 'hex'), '0x' || encode(d.reward_vault, 'hex'),
                       d.emission_per_second::text, extract(epoch FROM d.starts_at)::bigint, extract(epoch FROM d.ends_at)::bigint, extract(epoch FROM d.updated_at)::bigint,
                       d.read_block) ORDER BY d.distribution), '[]') FROM api_v1.alt_distributions(of_contract, until) d))
          FROM (VALUES (1)) one LEFT JOIN api_v1.alt_accrual(of_contract, until) x ON true);
END $$;
COMMENT ON FUNCTION api_v1.alt_figures(bytea, bigint) IS 'Of a staking contract, packed: address, cooldownSeconds, last accrual (block, time), total voting stake (null: in doubt), distributions.';

CREATE FUNCTION api_v1.account_alt_staking(of_staker bytea, until bigint) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    -- Most accounts never staked here: the plan below is not for them.
    IF NOT EXISTS (SELECT FROM ledger.account n WHERE n.owner = of_staker AND n.book BETWEEN 40 AND 50)
       AND NOT EXISTS (SELECT FROM ledger.alt_setting t JOIN ledger.alt_user_index i ON i.contract = t.contract AND i.staker = of_staker WHERE t.setting = 0) THEN
        RETURN NULL;
    END IF;
    RETURN (
        WITH p AS MATERIALIZED (SELECT * FROM api_v1.alt_positions(of_staker, until))
        SELECT json_agg(json_build_array(api_v1.alt_figures(c.contract, until), (
                   SELECT json_agg(json_build_array('0x' || encode(p.operator, 'hex'), p.staked::text, p.cooling::text, p.cooldown_doubt::text,
                              extract(epoch FROM p.started_at)::bigint,
                              (SELECT o.frozen FROM ledger.alt_operator o WHERE o.contract = p.contract AND o.operator = p.operator AND o.position <= until ORDER BY o.position DESC LIMIT 1),
                              (SELECT coalesce(json_agg(json_build_array(r.credited::text, r.pool, r.open_claims::text, r.user_index::text) ORDER BY r.distribution), '[]')
                                 FROM api_v1.alt_rewards(p.contract, of_staker, p.operator, until) r)) ORDER BY p.operator)
                     FROM p WHERE p.contract = c.contract)) ORDER BY c.contract)::text
          FROM (SELECT DISTINCT p.contract FROM p) c);
END $$;
COMMENT ON FUNCTION api_v1.account_alt_staking(bytea, bigint) IS 'Positions of a staker with their rewards, packed by contract; null: none.';
