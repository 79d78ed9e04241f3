-- sql/0023_operator_rewards.sql - what an address was paid, as of a position: summaries, where payouts come from, commissions, lots of rewards.
--
-- `until` is the last position that counts. The time of a block whose header is not stored is that of the last stored one before it.

CREATE FUNCTION api_v1.reward_active_day(of_distributor bytea, until bigint, at_time timestamptz DEFAULT NULL) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT t.end_time / 86400 - 1 FROM ledger.reward_root t
     WHERE t.distributor = of_distributor AND t.position <= until AND NOT t.disabled AND t.activated_at <= coalesce(extract(epoch FROM at_time)::bigint, api_v1.seconds_of(until >> 32))
       AND NOT EXISTS (SELECT FROM ledger.reward_root u WHERE u.root_index = t.root_index AND u.distributor = of_distributor AND u.disabled AND u.position <= until)
     ORDER BY t.position DESC LIMIT 1
$$;
COMMENT ON FUNCTION api_v1.reward_active_day(bytea, bigint, timestamptz) IS 'The last day that the newest active root on L1 covers (activated by then and not disabled); null: there is none. at_time: of the block, where its header may not be stored.';

CREATE FUNCTION api_v1.reward_summary(of_address bytea, until bigint, at_time timestamptz DEFAULT NULL)
RETURNS TABLE (distributor bytea, token bytea, earned numeric, active numeric, claimable numeric, claimed numeric, open numeric, active_day bigint) LANGUAGE sql STABLE PARALLEL SAFE ROWS 2 AS $$
    SELECT k.second, k.asset, b.earned, v.active, greatest(v.active - b.claimed, 0), b.claimed, greatest(b.earned - b.claimed, 0), d.day
      FROM (SELECT DISTINCT n.second, n.asset FROM ledger.account n WHERE n.owner = of_address AND n.book IN (61, 62) AND n.created <= until) k
     CROSS JOIN LATERAL (SELECT api_v1.balance_of(61::smallint, k.asset, of_address, k.second, until) AS earned,
                                api_v1.balance_of(62::smallint, k.asset, of_address, k.second, until) AS claimed OFFSET 0) b
     CROSS JOIN LATERAL (SELECT api_v1.reward_active_day(k.second, until, at_time) AS day OFFSET 0) d
     CROSS JOIN LATERAL (SELECT api_v1.balance_of(61::smallint, k.asset, of_address, k.second,
                                (SELECT t.position FROM api_v1.distribution_at(k.second, d.day, until) t)) AS active OFFSET 0) v
$$;
COMMENT ON FUNCTION api_v1.reward_summary(bytea, bigint, timestamptz) IS 'Rewards of an address by distributor and token: earned in all; active: of that up to the last day that the newest active root covers; claimable: active less claimed; open: earned less claimed; both never below 0.';

CREATE FUNCTION api_v1.payout_origin(of_pool bigint)
RETURNS TABLE (submission bytea, day bigint, role text, operator bytea, kind text, avs bytea, operator_set bigint, paid_day bigint, gross numeric, split_bips bigint, delegators numeric, pool bytea)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT p.submission, p.day, api_v1.reward_role(p.role), p.operator, api_v1.reward_kind(r.kind),
           nullif(r.avs::bytea, '\x0000000000000000000000000000000000000000'), nullif(r.operator_set, -1), l.paid_day,
           h.tokens::numeric, CASE WHEN p.operator <> '\x0000000000000000000000000000000000000000' THEN h.split_bips END, h.paid::numeric, p.pool
      FROM (SELECT substr(n.second, 1, 32) AS submission, api_v1.pool_day(n.second) AS day, get_byte(n.second, 36) AS role,
                   n.owner::bytea AS operator, n.second AS pool FROM ledger.account n WHERE n.id = of_pool LIMIT 1) p
     CROSS JOIN LATERAL (SELECT t.kind, t.avs, t.operator_set FROM ledger.reward_submission t WHERE t.submission = p.submission LIMIT 1) r
      LEFT JOIN LATERAL (SELECT t.paid_day FROM ledger.reward_pool t WHERE t.submission = p.submission AND t.day = p.day LIMIT 1) l ON true
      LEFT JOIN LATERAL (SELECT t.tokens, t.split_bips, t.paid FROM ledger.reward_share t
                          WHERE t.submission = p.submission AND t.day = p.day AND t.operator = p.operator AND p.role < 3 LIMIT 1) h ON true
$$;
COMMENT ON FUNCTION api_v1.payout_origin(bigint) IS 'What an account of reward.pool stands for: submission, day, as what its payouts are paid, and the operator''s part that they are of (null: refund, treasury).';

CREATE FUNCTION api_v1.alt_distribution_number(of_asset bytea) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ('x' || encode(substr(of_asset, 49, 4), 'hex'))::bit(32)::integer
$$;
COMMENT ON FUNCTION api_v1.alt_distribution_number(bytea) IS 'The distribution in an asset that api_v1.alt_distribution_asset() made.';

CREATE FUNCTION api_v1.alt_distribution_token(of_asset bytea, until bigint) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(t.reward_token::bytea, '\x0000000000000000000000000000000000000000') FROM ledger.alt_distribution t
     WHERE t.contract = substr(of_asset, 1, 20) AND t.distribution = api_v1.alt_distribution_number(of_asset) AND t.position <= until ORDER BY t.position DESC LIMIT 1
$$;
COMMENT ON FUNCTION api_v1.alt_distribution_token(bytea, bigint) IS 'What a distribution of ALT staking pays in, by its asset; null: no payment showed it yet.';

CREATE FUNCTION api_v1.alt_flow(of_book smallint, of_asset bytea, of_owner bytea, of_second bytea, since bigint, until bigint) RETURNS numeric LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT api_v1.balance_of(of_book, of_asset, of_owner, of_second, until) - api_v1.balance_of(of_book, of_asset, of_owner, of_second, since)
$$;
COMMENT ON FUNCTION api_v1.alt_flow(smallint, bytea, bytea, bytea, bigint, bigint) IS 'By how much a balance changed after one position up to another.';

CREATE FUNCTION api_v1.operator_fees(of_operator bytea, until bigint) RETURNS TABLE (contract bytea, distribution integer, token bytea, earned numeric) LANGUAGE sql STABLE PARALLEL SAFE ROWS 2 AS $$
    SELECT substr(n.asset, 1, 20), api_v1.alt_distribution_number(n.asset), api_v1.alt_distribution_token(n.asset, until), e.balance::numeric
      FROM ledger.account n
     CROSS JOIN LATERAL (SELECT t.balance FROM ledger.entry t WHERE t.account = n.id AND t.position <= until ORDER BY t.position DESC LIMIT 1) e
     WHERE n.owner = of_operator AND n.book = 47
$$;
COMMENT ON FUNCTION api_v1.operator_fees(bytea, bigint) IS 'ALT staking: fees that an operator was paid, by distribution.';

-- No index holds days: all entries of the operator's fees are read once.
CREATE FUNCTION api_v1.operator_fee_days(of_operator bytea, until bigint)
RETURNS TABLE (asset bytea, day bigint, "position" bigint, amount numeric, events bigint, gross numeric, delegators numeric) LANGUAGE sql STABLE PARALLEL SAFE ROWS 100 AS $$
    SELECT f.asset, f.day, f.last, f.amount, f.events, g.gross, g.gross - g.protocol - f.amount
      FROM (SELECT n.asset, extract(epoch FROM b.time)::bigint / 86400 AS day, max(e.last) AS last, sum(e.amount) AS amount, sum(e.events)::bigint AS events
              FROM ledger.account n
             CROSS JOIN LATERAL (SELECT t.position >> 32 AS number, max(t.position) AS last, sum(t.delta) AS amount, count(*) AS events
                                   FROM ledger.entry t WHERE t.account = n.id AND t.position <= until GROUP BY 1) e
              JOIN mirror.chain h ON h.number = e.number JOIN mirror.block b ON b.id = h.block
             WHERE n.owner = of_operator AND n.book = 47 GROUP BY 1, 2) f
     CROSS JOIN LATERAL (SELECT coalesce(api_v1.number_at(to_timestamp(f.day * 86400 - 1)), -1) << 32 | 4294967295 AS first,
                                least(api_v1.number_at(to_timestamp(f.day * 86400 + 86399)) << 32 | 4294967295, until) AS last OFFSET 0) p
     CROSS JOIN LATERAL (SELECT api_v1.alt_flow(48::smallint, f.asset, '\x0000000000000000000000000000000000000000', of_operator, p.first, p.last) AS gross,
                                api_v1.alt_flow(46::smallint, f.asset, '\x0000000000000000000000000000000000000000', of_operator, p.first, p.last) AS protocol OFFSET 0) g
$$;
COMMENT ON FUNCTION api_v1.operator_fee_days(bytea, bigint) IS 'ALT staking: fees that an operator was paid, by distribution and day (UTC); gross: what accrued to its stakers before fees; delegators: after them. position: of the day''s last.';

CREATE FUNCTION api_v1.default_operator_split(of_distributor bytea, until bigint) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce((SELECT t.number::bigint FROM ledger.reward_setting t WHERE t.setting = 2 AND t.distributor = of_distributor AND t.position <= until
                      ORDER BY t.position DESC LIMIT 1),
                    (SELECT (c.network::jsonb #>> '{parameters,default_operator_split_bips}')::bigint FROM mirror.cursor c), 1000)
$$;
COMMENT ON FUNCTION api_v1.default_operator_split(bytea, bigint) IS 'What part an operator keeps that never said otherwise, in bips.';

CREATE FUNCTION api_v1.operator_splits(of_operator bytea, until bigint)
RETURNS TABLE (distributor bytea, avs bytea, operator_set bigint, bips bigint, is_default boolean, next_bips bigint, takes_effect_at bigint, set_by_block bigint) LANGUAGE sql STABLE PARALLEL SAFE ROWS 5 AS $$
    WITH coordinator AS (SELECT c.address FROM api_v1.contracts() c WHERE c.kind = 'eigenlayer.rewards_coordinator'),
    moment AS MATERIALIZED (SELECT api_v1.seconds_of(until >> 32) AS now),
    subject (distributor, avs, operator_set) AS (
        SELECT t.distributor::bytea, t.avs::bytea, t.operator_set FROM ledger.reward_split t WHERE t.operator = of_operator AND t.position <= until
        UNION SELECT c.address, '\x0000000000000000000000000000000000000000', -1 FROM coordinator c
        UNION SELECT c.address, r.avs, -1 FROM coordinator c
               CROSS JOIN (SELECT DISTINCT ON (t.avs) t.avs::bytea, t.registered FROM ledger.avs_registration t WHERE t.operator = of_operator AND t.position <= until
                            ORDER BY t.avs, t.position DESC) r WHERE r.registered
        UNION SELECT c.address, m.avs, m.operator_set FROM coordinator c CROSS JOIN api_v1.operator_memberships(of_operator, until, until >> 32) m WHERE m.registered)
    SELECT k.distributor, nullif(k.avs, '\x0000000000000000000000000000000000000000'), nullif(k.operator_set, -1),
           least(CASE WHEN s.activated_at <= m.now THEN s.new_bips WHEN s.first IS NOT FALSE THEN d.bips ELSE s.old_bips END, 10000),
           coalesce(s.activated_at > m.now AND s.first, true), CASE WHEN s.activated_at > m.now THEN least(s.new_bips, 10000) END,
           CASE WHEN s.activated_at > m.now THEN s.activated_at END, s.position >> 32
      FROM subject k CROSS JOIN moment m
     CROSS JOIN LATERAL (SELECT api_v1.default_operator_split(k.distributor, until) AS bips OFFSET 0) d
      LEFT JOIN LATERAL (SELECT t.* FROM ledger.reward_split t WHERE t.operator = of_operator AND t.avs = k.avs AND t.operator_set = k.operator_set
                            AND t.distributor = k.distributor AND t.position <= until ORDER BY t.position DESC LIMIT 1) s ON true
$$;
COMMENT ON FUNCTION api_v1.operator_splits(bytea, bigint) IS 'What part an operator keeps of its rewards, in bips: for programmatic incentives (avs null), AVSs (operator set null) and operator sets that it is registered with or named a split for; and a change that is not in force yet.';

CREATE FUNCTION api_v1.addresses(joined bytea) RETURNS TABLE (address bytea) LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 10 AS $$
    SELECT DISTINCT substr(joined, i * 20 + 1, 20) FROM generate_series(0, octet_length(joined) / 20 - 1) AS i
$$;
COMMENT ON FUNCTION api_v1.addresses(bytea) IS 'Addresses that were joined to one run of bytes.';

-- Tokens that move into custody and back stay with who owns them: they are neither sold nor acquired.
CREATE FUNCTION api_v1.custodians() RETURNS TABLE (address bytea) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT c.address FROM api_v1.contracts() c WHERE c.kind IN ('eigenlayer.strategy', 'erc4626', 'alt.staking')
$$;
COMMENT ON FUNCTION api_v1.custodians() IS 'Contracts that hold tokens for others: strategies, vaults, ALT staking.';

CREATE FUNCTION api_v1.slash_losses_of(of_address bytea, of_token bytea, until bigint) RETURNS TABLE ("position" bigint, place bigint, loss numeric) LANGUAGE sql STABLE PARALLEL SAFE ROWS 5 AS $$
    SELECT s.position, s.place, CASE WHEN q.token = of_token THEN w.tokens ELSE api_v1.vault_assets(w.tokens, v.held, v.issued) END
      FROM api_v1.account_slashes(of_address, until) s
     CROSS JOIN LATERAL (SELECT t.* FROM api_v1.strategies(s.position) t WHERE t.strategy = s.strategy LIMIT 1) q
      LEFT JOIN LATERAL (SELECT t.* FROM api_v1.vaults(s.position) t WHERE t.vault = q.token AND t.asset = of_token LIMIT 1) v ON true
     CROSS JOIN LATERAL (SELECT api_v1.strategy_tokens(s."before" - s."after", q.held, q.issued) AS tokens OFFSET 0) w
     WHERE q.token = of_token OR v.vault IS NOT NULL
$$;
COMMENT ON FUNCTION api_v1.slash_losses_of(bytea, bytea, bigint) IS 'What slashes cost an account in a token: the loss of shares in its strategies (also of a vault over it) at the rate of that moment, rounded down; null: the logs leave it open.';

CREATE FUNCTION api_v1.lot_events(of_addresses bytea, of_token bytea, until bigint, most bigint)
RETURNS TABLE ("position" bigint, seconds bigint, address bytea, what text, amount numeric, items bigint) LANGUAGE sql STABLE PARALLEL SAFE ROWS 1000 AS $$
    WITH who AS MATERIALIZED (SELECT w.address FROM api_v1.addresses(of_addresses) w),
    account AS MATERIALIZED (
        SELECT n.id, n.book, w.address FROM who w JOIN ledger.account n ON n.owner = w.address
         WHERE n.book = 61 AND n.asset = of_token OR n.book IN (44, 47) AND api_v1.alt_distribution_token(n.asset, until) = of_token)
    SELECT x.position, api_v1.seconds_of(x.position >> 32), x.address, x.what, x.amount, x.items FROM (
        SELECT max(e.position) AS position, n.address, CASE n.book WHEN 61 THEN 'payout' WHEN 47 THEN 'alt_staking_fee' ELSE 'alt_staking_reward' END AS what, sum(e.delta) AS amount, count(*) AS items
          FROM account n JOIN ledger.entry e ON e.account = n.id WHERE e.position <= until AND e.delta > 0 GROUP BY e.position >> 32, n.address, n.book
        UNION ALL
        SELECT e.position, w.address, 'transfer', -e.delta, 1
          FROM who w JOIN ledger.account n ON n.owner = w.address AND n.book = 1 AND n.asset = of_token
          JOIN ledger.entry e ON e.account = n.id JOIN ledger.account c ON c.id = e.counter
         WHERE e.position <= until AND e.delta < 0 AND c.owner NOT IN (SELECT w.address FROM who w) AND c.owner NOT IN (SELECT k.address FROM api_v1.custodians() k)
        UNION ALL
        SELECT s.position, w.address, 'slash', s.loss, 1 FROM who w CROSS JOIN LATERAL api_v1.slash_losses_of(w.address, of_token, until) s WHERE s.loss IS NULL OR s.loss > 0) x
     ORDER BY x.position, x.address, x.what LIMIT most
$$;
COMMENT ON FUNCTION api_v1.lot_events(bytea, bytea, bigint, bigint) IS 'What moves lots of rewards of some addresses (joined) in a token, in order: payouts, fees and rewards of ALT staking (a block''s together), tokens sent elsewhere but into custody, slashes (null: the logs leave it open).';
