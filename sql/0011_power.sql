-- sql/0011_power.sql - what an account's holdings and stake are worth in ALT at a position: the one door to voting power.

CREATE FUNCTION api_v1.contracts() RETURNS TABLE (address bytea, kind text, name text, asset bytea) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT decode(substr(j.value ->> 'address', 3), 'hex'), j.value ->> 'kind', coalesce(j.value ->> 'name', ''),
           decode(substr(j.value ->> 'asset', 3), 'hex')
      FROM mirror.cursor c CROSS JOIN LATERAL jsonb_array_elements(c.network::jsonb -> 'contracts') j
$$;
COMMENT ON FUNCTION api_v1.contracts() IS 'The contracts of the network file that the books were booked by.';

CREATE FUNCTION api_v1.power_token() RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT c.address FROM api_v1.contracts() c WHERE c.kind IN ('erc20', 'erc20votes')
     ORDER BY upper(c.name) = 'ALT' DESC, c.kind = 'erc20votes' DESC, c.address LIMIT 1
$$;
COMMENT ON FUNCTION api_v1.power_token() IS 'The token that voting power is counted in: the ERC-20 named ALT (in any case), else an ERC20Votes, else the first.';

CREATE FUNCTION api_v1.balance_at(of_book smallint, of_asset bytea, of_owner bytea, until bigint) RETURNS numeric LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT e.balance::numeric FROM ledger.account n
     CROSS JOIN LATERAL (SELECT x.balance FROM ledger.entry x WHERE x.account = n.id AND x.position <= until ORDER BY x.position DESC LIMIT 1) e
     WHERE n.book = of_book AND n.asset = of_asset AND n.owner = of_owner AND n.second = ''
$$;
COMMENT ON FUNCTION api_v1.balance_at(smallint, bytea, bytea, bigint) IS 'Balance of an account without second party at a position; null: it had not been opened.';

-- StrategyBase: sharesToUnderlyingView and its virtual amounts of 1e3. OpenZeppelin ERC4626: convertToAssets with offset 0.
CREATE FUNCTION api_v1.strategy_tokens(shares numeric, held numeric, issued numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT div((held + 1000) * shares, issued + 1000)
$$;
COMMENT ON FUNCTION api_v1.strategy_tokens(numeric, numeric, numeric) IS 'Underlying tokens of shares of a strategy that holds `held` tokens and has issued `issued` shares.';
CREATE FUNCTION api_v1.vault_assets(shares numeric, held numeric, issued numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT div(shares * (held + 1), issued + 1)
$$;
COMMENT ON FUNCTION api_v1.vault_assets(numeric, numeric, numeric) IS 'Assets of shares of an ERC-4626 vault that holds `held` assets and has issued `issued` shares.';

CREATE FUNCTION api_v1.vaults(until bigint) RETURNS TABLE (vault bytea, asset bytea, held numeric, issued numeric) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT c.address, y.asset, coalesce(api_v1.balance_at(1::smallint, y.asset, c.address, until), 0),
           coalesce(api_v1.balance_at(2::smallint, c.address, decode(repeat('00', 20), 'hex'), until), 0)
      FROM api_v1.contracts() c
     CROSS JOIN LATERAL (SELECT coalesce(c.asset, (SELECT v.asset FROM ledger.vault_asset v WHERE v.vault = c.address ORDER BY v.position DESC LIMIT 1)) AS asset) y
     WHERE c.kind = 'erc4626'
$$;
COMMENT ON FUNCTION api_v1.vaults(bigint) IS 'ERC-4626 vaults at a position: underlying token (null: not known), what they hold of it, shares issued.';

CREATE FUNCTION api_v1.strategies(until bigint) RETURNS TABLE (strategy bytea, token bytea, held numeric, issued numeric, emitted_rate numeric) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT s.strategy, t.token,
           CASE WHEN EXISTS (SELECT FROM api_v1.contracts() c WHERE c.address = t.token) THEN coalesce(api_v1.balance_at(1::smallint, t.token, s.strategy, until), 0) END,
           CASE WHEN s.watched THEN coalesce(api_v1.balance_at(14::smallint, s.strategy, s.strategy, until), 0) END,
           (SELECT r.rate::numeric FROM ledger.strategy_rate r WHERE r.strategy = s.strategy AND r.position <= until ORDER BY r.position DESC LIMIT 1)
      FROM (SELECT k.address AS strategy, k.asset, true AS watched FROM api_v1.contracts() k WHERE k.kind = 'eigenlayer.strategy'
            UNION ALL
            SELECT DISTINCT x.strategy::bytea, NULL::bytea, false FROM ledger.strategy_token x
             WHERE x.position <= until AND NOT EXISTS (SELECT FROM api_v1.contracts() k WHERE k.kind = 'eigenlayer.strategy' AND k.address = x.strategy)) s
     CROSS JOIN LATERAL (SELECT coalesce(s.asset, (SELECT x.token::bytea FROM ledger.strategy_token x
                                                    WHERE x.strategy = s.strategy AND x.position <= until ORDER BY x.position DESC LIMIT 1)) AS token) t
$$;
COMMENT ON FUNCTION api_v1.strategies(bigint) IS 'EigenLayer strategies at a position: underlying token, what they hold of it, shares issued (null: the strategy is not watched), the last ExchangeRateEmitted.';

CREATE TYPE api_v1.power_part AS (
    owner bytea, component text, source text, contract bytea, party bytea, reference bytea, counted boolean, reason text,
    shares numeric, strategy_held numeric, strategy_issued numeric, tokens numeric, vault bytea, vault_held numeric, vault_issued numeric,
    alt numeric, since_block bigint, until_block bigint, since_time timestamptz, until_time timestamptz
);
COMMENT ON TYPE api_v1.power_part IS 'One piece of what an account has, with the steps from shares over tokens to ALT. component: held, delegated_in, staked, queued, cooling_down, slashed or later.';

CREATE FUNCTION api_v1.power_parts(owners bytea[], until bigint, head bigint) RETURNS SETOF api_v1.power_part LANGUAGE sql STABLE PARALLEL SAFE ROWS 20 AS $$
    WITH alt AS MATERIALIZED (SELECT api_v1.power_token() AS token),
    nobody AS MATERIALIZED (SELECT decode(repeat('00', 20), 'hex') AS address),
    vault AS MATERIALIZED (SELECT v.* FROM api_v1.vaults(until) v JOIN alt ON alt.token = v.asset),
    -- Strategies whose token is ALT or a vault's share of it.
    strategy AS MATERIALIZED (
        SELECT s.strategy, s.token, s.held, s.issued, v.vault, v.held AS vault_held, v.issued AS vault_issued
          FROM api_v1.strategies(until) s CROSS JOIN alt LEFT JOIN vault v ON v.vault = s.token
         WHERE s.token = alt.token OR v.vault IS NOT NULL),
    custodian AS MATERIALIZED (SELECT c.address FROM api_v1.contracts() c WHERE c.kind IN ('eigenlayer.strategy', 'erc4626', 'alt.staking')),
    owner AS MATERIALIZED (SELECT DISTINCT o.address FROM unnest(owners) AS o (address)),
    -- ---- tokens: to whom the owner has delegated its units (ERC20Votes), what it holds, what others delegated to it
    holding AS MATERIALIZED (
        SELECT o.address AS owner, coalesce(api_v1.balance_at(1::smallint, alt.token, o.address, until), 0) AS balance,
               coalesce(api_v1.balance_at(4::smallint, alt.token, o.address, until), 0) AS units,
               nullif((SELECT d.delegate::bytea FROM ledger.delegate d WHERE d.delegator = o.address AND d.token = alt.token AND d.position <= until
                        ORDER BY d.position DESC LIMIT 1), nobody.address) AS delegate,
               EXISTS (SELECT FROM custodian c WHERE c.address = o.address) AS custodian, alt.token
          FROM owner o CROSS JOIN alt CROSS JOIN nobody),
    -- ---- EigenLayer: deposit shares and what of them slashes have left
    deposit AS (
        SELECT o.address AS owner, y.*, e.balance::numeric AS deposited, d.operator, d.since,
               div(div(e.balance * coalesce(k.factor, 1e18), 1e18) * coalesce(m.magnitude, 1e18), 1e18) AS withdrawable,
               coalesce(q.most, 0) > 0 AS in_doubt
          FROM owner o JOIN ledger.account n ON n.owner = o.address AND n.book = 6
          JOIN strategy y ON y.strategy = n.asset
         CROSS JOIN LATERAL (SELECT x.balance FROM ledger.entry x WHERE x.account = n.id AND x.position <= until ORDER BY x.position DESC LIMIT 1) e
          LEFT JOIN LATERAL (SELECT x.factor::numeric FROM ledger.scaling_factor x WHERE x.staker = o.address AND x.strategy = y.strategy AND x.position <= until
                              ORDER BY x.position DESC LIMIT 1) k ON true
          LEFT JOIN LATERAL (SELECT nullif(x.operator::bytea, decode(repeat('00', 20), 'hex')) AS operator, x.position >> 32 AS since FROM ledger.delegation x
                              WHERE x.staker = o.address AND x.position <= until ORDER BY x.position DESC LIMIT 1) d ON true
          LEFT JOIN LATERAL (SELECT x.magnitude::numeric FROM ledger.max_magnitude x WHERE x.operator = d.operator AND x.strategy = y.strategy AND x.position <= until
                              ORDER BY x.position DESC LIMIT 1) m ON true
          LEFT JOIN LATERAL (SELECT x.most FROM ledger.deposit_doubt x WHERE x.staker = o.address AND x.strategy = y.strategy AND x.position <= until
                              ORDER BY x.position DESC LIMIT 1) q ON true
         WHERE e.balance > 0),
    queue AS (
        SELECT o.address AS owner, y.*, w.root, w.operator, w.start_block, w.slashable_until, i.deposit_shares::numeric AS deposited,
               div(i.scaled_shares * coalesce(m.magnitude, 1e18), 1e18) AS withdrawable
          FROM owner o
          JOIN ledger.withdrawal w ON w.staker = o.address AND w.position <= until AND w.state = 0
          JOIN ledger.withdrawal_share i ON i.root = w.root AND i.position <= until
          JOIN strategy y ON y.strategy = i.strategy
          LEFT JOIN LATERAL (SELECT x.magnitude::numeric FROM ledger.max_magnitude x WHERE x.operator = w.operator AND x.strategy = y.strategy
                                AND x.position <= least(until, w.slashable_until << 32 | 4294967295) ORDER BY x.position DESC LIMIT 1) m ON true
         WHERE NOT EXISTS (SELECT FROM ledger.withdrawal x WHERE x.root = w.root AND x.position <= until AND x.state > 0)),
    -- ---- ALT's own staking: positions, what of them cools down (doubt: at least by so much less), frozen operators
    position AS (
        SELECT o.address AS owner, substr(n.asset, 1, 20) AS contract, substr(n.asset, 33) AS operator, e.balance::numeric AS staked,
               coalesce(c.amount, 0) AS cooling, coalesce(t.doubt, 0) AS doubt, t.started_at,
               t.started_at + make_interval(secs => z.seconds::double precision) AS available_at, coalesce(f.frozen, false) AS frozen
          FROM owner o JOIN ledger.account n ON n.owner = o.address AND n.book = 40
         CROSS JOIN LATERAL (SELECT x.balance FROM ledger.entry x WHERE x.account = n.id AND x.position <= until ORDER BY x.position DESC LIMIT 1) e
          LEFT JOIN LATERAL (SELECT api_v1.balance_at(42::smallint, n.asset, o.address, until) AS amount) c ON true
          LEFT JOIN LATERAL (SELECT x.started_at, x.doubt::numeric FROM ledger.alt_cooldown x WHERE x.contract = substr(n.asset, 1, 20) AND x.staker = o.address
                                AND x.operator = substr(n.asset, 33) AND x.position <= until ORDER BY x.position DESC LIMIT 1) t ON true
          LEFT JOIN LATERAL (SELECT x.frozen FROM ledger.alt_operator x WHERE x.contract = substr(n.asset, 1, 20) AND x.operator = substr(n.asset, 33)
                                AND x.position <= until ORDER BY x.position DESC LIMIT 1) f ON true
          LEFT JOIN LATERAL (SELECT x.value::numeric AS seconds FROM ledger.alt_setting x WHERE x.contract = substr(n.asset, 1, 20) AND x.setting = 1
                                AND x.position <= until ORDER BY x.position DESC LIMIT 1) z ON true
         WHERE e.balance > 0),
    -- ---- everything in one shape: shares of a strategy, tokens of it, ALT
    raw (owner, component, source, contract, party, reference, counted, reason, shares, strategy_held, strategy_issued, through_strategy, tokens,
         vault, vault_held, vault_issued, since_block, until_block, since_time, until_time) AS (
        SELECT h.owner, 'held', 'token', h.token, h.delegate, NULL::bytea, NOT h.custodian AND coalesce(h.delegate = h.owner, true),
               CASE WHEN h.custodian THEN 'held-for-others' WHEN h.delegate <> h.owner THEN 'delegated-away' END,
               NULL::numeric, NULL::numeric, NULL::numeric, false, h.balance, NULL::bytea, NULL::numeric, NULL::numeric,
               NULL::bigint, NULL::bigint, NULL::timestamptz, NULL::timestamptz
          FROM holding h WHERE h.balance > 0
        UNION ALL
        SELECT h.owner, 'delegated_in', 'token', h.token, NULL, NULL, true, 'delegated-by-others', NULL, NULL, NULL, false,
               h.units - CASE WHEN h.delegate = h.owner THEN h.balance ELSE 0 END, NULL, NULL, NULL, NULL, NULL, NULL, NULL
          FROM holding h WHERE h.units > CASE WHEN h.delegate = h.owner THEN h.balance ELSE 0 END
        UNION ALL
        SELECT o.address, 'held', 'vault', v.vault, NULL, NULL, NOT EXISTS (SELECT FROM custodian c WHERE c.address = o.address),
               CASE WHEN EXISTS (SELECT FROM custodian c WHERE c.address = o.address) THEN 'held-for-others' END,
               NULL, NULL, NULL, false, b.balance, v.vault, v.held, v.issued, NULL, NULL, NULL, NULL
          FROM owner o CROSS JOIN vault v CROSS JOIN LATERAL (SELECT api_v1.balance_at(1::smallint, v.vault, o.address, until) AS balance) b
         WHERE b.balance > 0
        UNION ALL
        SELECT d.owner, 'staked', 'eigenlayer', d.strategy, d.operator, NULL, true,
               CASE WHEN d.in_doubt THEN 'shares-unknown' WHEN d.operator IS NOT NULL THEN 'delegated-to-operator' END,
               CASE WHEN NOT d.in_doubt THEN d.withdrawable END, d.held, d.issued, true, NULL, d.vault, d.vault_held, d.vault_issued,
               CASE WHEN d.operator IS NOT NULL THEN d.since END, NULL, NULL, NULL
          FROM deposit d
        UNION ALL
        SELECT d.owner, 'slashed', 'eigenlayer', d.strategy, d.operator, NULL, false, 'slashed', d.deposited - d.withdrawable, d.held, d.issued, true,
               NULL, d.vault, d.vault_held, d.vault_issued, NULL, NULL, NULL, NULL
          FROM deposit d WHERE d.deposited > d.withdrawable AND NOT d.in_doubt
        UNION ALL
        SELECT q.owner, 'queued', 'eigenlayer', q.strategy, q.operator, q.root, false, 'in-withdrawal-queue', q.withdrawable, q.held, q.issued, true,
               NULL, q.vault, q.vault_held, q.vault_issued, q.start_block, q.slashable_until, NULL, NULL
          FROM queue q
        UNION ALL
        SELECT q.owner, 'slashed', 'eigenlayer', q.strategy, q.operator, q.root, false, 'slashed', q.deposited - q.withdrawable, q.held, q.issued, true,
               NULL, q.vault, q.vault_held, q.vault_issued, NULL, NULL, NULL, NULL
          FROM queue q WHERE q.deposited > q.withdrawable
        UNION ALL
        SELECT p.owner, 'staked', 'alt.staking', p.contract, p.operator, NULL, NOT p.frozen,
               CASE WHEN p.frozen THEN 'operator-frozen' WHEN p.doubt > 0 THEN 'cooldown-unknown' ELSE 'delegated-to-operator' END,
               NULL, NULL, NULL, false, CASE WHEN p.doubt = 0 THEN p.staked - p.cooling END, NULL, NULL, NULL, NULL, NULL, NULL, NULL
          FROM position p WHERE p.staked > p.cooling - p.doubt
        UNION ALL
        SELECT p.owner, 'cooling_down', 'alt.staking', p.contract, p.operator, NULL, false, CASE WHEN p.doubt > 0 THEN 'cooldown-unknown' ELSE 'in-cooldown' END,
               NULL, NULL, NULL, false, CASE WHEN p.doubt = 0 THEN p.cooling END, NULL, NULL, NULL, NULL, NULL, p.started_at, p.available_at
          FROM position p WHERE p.cooling > 0
        UNION ALL
        SELECT h.owner, 'later', 'token', h.token, NULL, NULL, false, 'acquired-after-snapshot', NULL, NULL, NULL, false, n.balance - h.balance,
               NULL, NULL, NULL, NULL, NULL, NULL, NULL
          FROM holding h CROSS JOIN LATERAL (SELECT api_v1.balance_at(1::smallint, h.token, h.owner, head) AS balance) n
         WHERE head > until AND n.balance > h.balance)
    SELECT r.owner, r.component, r.source, r.contract, r.party, r.reference, r.counted, r.reason, r.shares, r.strategy_held, r.strategy_issued,
           t.tokens, r.vault, r.vault_held, r.vault_issued,
           CASE WHEN r.vault IS NULL THEN t.tokens ELSE api_v1.vault_assets(t.tokens, r.vault_held, r.vault_issued) END,
           r.since_block, r.until_block, r.since_time, r.until_time
      FROM raw r
     CROSS JOIN LATERAL (SELECT CASE WHEN r.through_strategy THEN api_v1.strategy_tokens(r.shares, r.strategy_held, r.strategy_issued) ELSE r.tokens END AS tokens) t
$$;
COMMENT ON FUNCTION api_v1.power_parts(bytea[], bigint, bigint) IS 'What the owners have at a position, each unit once, worth in ALT; head: the last position booked, to tell what came later. alt is null where a rate or the shares are not known.';

CREATE FUNCTION api_v1.slash_liability(of_owner bytea, until bigint)
RETURNS TABLE (operator bytea, avs bytea, operator_set bigint, strategy bytea, shares numeric, magnitude numeric, max_magnitude numeric, at_stake numeric)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH stake (operator, strategy, shares) AS (
        SELECT d.operator::bytea, n.asset, div(div(e.balance * coalesce(k.factor, 1e18), 1e18) * coalesce(m.magnitude, 1e18), 1e18)
          FROM ledger.account n
         CROSS JOIN LATERAL (SELECT x.balance::numeric FROM ledger.entry x WHERE x.account = n.id AND x.position <= until ORDER BY x.position DESC LIMIT 1) e
         CROSS JOIN LATERAL (SELECT x.operator FROM ledger.delegation x WHERE x.staker = of_owner AND x.position <= until ORDER BY x.position DESC LIMIT 1) d
          LEFT JOIN LATERAL (SELECT x.factor::numeric FROM ledger.scaling_factor x WHERE x.staker = of_owner AND x.strategy = n.asset AND x.position <= until
                              ORDER BY x.position DESC LIMIT 1) k ON true
          LEFT JOIN LATERAL (SELECT x.magnitude::numeric FROM ledger.max_magnitude x WHERE x.operator = d.operator AND x.strategy = n.asset AND x.position <= until
                              ORDER BY x.position DESC LIMIT 1) m ON true
         WHERE n.owner = of_owner AND n.book = 6 AND e.balance > 0
        UNION ALL
        SELECT w.operator::bytea, i.strategy::bytea, div(i.scaled_shares * coalesce(m.magnitude, 1e18), 1e18)
          FROM ledger.withdrawal w JOIN ledger.withdrawal_share i ON i.root = w.root AND i.position <= until
          LEFT JOIN LATERAL (SELECT x.magnitude::numeric FROM ledger.max_magnitude x WHERE x.operator = w.operator AND x.strategy = i.strategy AND x.position <= until
                              ORDER BY x.position DESC LIMIT 1) m ON true
         WHERE w.staker = of_owner AND w.position <= until AND w.state = 0 AND w.slashable_until >= until >> 32),
    owned AS (SELECT s.operator, s.strategy, sum(s.shares) AS shares FROM stake s WHERE s.operator <> decode(repeat('00', 20), 'hex') GROUP BY 1, 2)
    SELECT o.operator, a.avs, a.operator_set, o.strategy, o.shares, a.current, x.most, div(o.shares * a.current, x.most)
      FROM owned o
     CROSS JOIN LATERAL (SELECT coalesce((SELECT m.magnitude::numeric FROM ledger.max_magnitude m WHERE m.operator = o.operator AND m.strategy = o.strategy
                                             AND m.position <= until ORDER BY m.position DESC LIMIT 1), 1e18) AS most) x
     CROSS JOIN LATERAL (
        SELECT DISTINCT ON (l.avs, l.operator_set) l.avs::bytea, l.operator_set,
               CASE WHEN l.effect_block > 0 AND l.effect_block <= until >> 32 THEN l.current + l.pending ELSE l.current END AS current
          FROM ledger.allocation l WHERE l.operator = o.operator AND l.strategy = o.strategy AND l.position <= until
         ORDER BY l.avs, l.operator_set, l.position DESC) a
     CROSS JOIN LATERAL (SELECT m.registered OR m.slashable_until >= until >> 32 AS slashable FROM ledger.operator_set_member m
                          WHERE m.operator = o.operator AND m.avs = a.avs AND m.operator_set = a.operator_set AND m.position <= until
                          ORDER BY m.position DESC LIMIT 1) r
     WHERE a.current > 0 AND x.most > 0 AND r.slashable
     ORDER BY o.strategy, a.avs, a.operator_set
$$;
COMMENT ON FUNCTION api_v1.slash_liability(bytea, bigint) IS 'Which operator sets can slash an account''s delegated and queued shares at a position, and how many at most each (shares x magnitude / maximum magnitude). The same shares stand behind each set.';
