-- sql/0011_power.sql - what an account's holdings and stake are worth in ALT at a position: the one door to voting power.

CREATE FUNCTION api_v1.contracts() RETURNS TABLE (address bytea, kind text, name text, symbol text, decimals integer, asset bytea) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT decode(substr(j.value ->> 'address', 3), 'hex'), j.value ->> 'kind', nullif(j.value ->> 'name', ''), j.value ->> 'symbol',
           (j.value ->> 'decimals')::integer, decode(substr(j.value ->> 'asset', 3), 'hex')
      FROM mirror.cursor c CROSS JOIN LATERAL jsonb_array_elements(c.network::jsonb -> 'contracts') j
$$;
COMMENT ON FUNCTION api_v1.contracts() IS 'The contracts of the network file that the books were booked by. What the file does not say is null.';

CREATE FUNCTION api_v1.power_token() RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT c.address FROM api_v1.contracts() c WHERE c.kind IN ('erc20', 'erc20votes')
     ORDER BY coalesce(upper(c.name) = 'ALT', false) DESC, c.kind = 'erc20votes' DESC, c.address LIMIT 1
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
     CROSS JOIN LATERAL (SELECT coalesce(c.asset, (SELECT v.asset FROM ledger.vault_asset v WHERE v.vault = c.address AND v.position <= until ORDER BY v.position DESC LIMIT 1)) AS asset) y
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
    custodian AS MATERIALIZED (SELECT c.address FROM api_v1.contracts() c WHERE c.kind IN ('eigenlayer.strategy', 'erc4626', 'alt.staking')
                                UNION ALL SELECT '\x00000000000000000000000000000000000e16e4'), -- EigenLayer burns to that address
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
        SELECT o.address AS owner, y.*, d.shares AS deposited, d.withdrawable_shares AS withdrawable, d.doubt > 0 AS in_doubt, g.operator, g.since_block
          FROM owner o
          LEFT JOIN LATERAL api_v1.delegated_to(o.address, until) g ON true
         CROSS JOIN LATERAL api_v1.deposits(o.address, g.operator, until) d
          JOIN strategy y ON y.strategy = d.strategy),
    queue AS (
        SELECT o.address AS owner, y.*, w.root, nullif(w.operator, nobody.address) AS operator, w.start_block, w.slashable_until,
               i.deposit_shares AS deposited, i.withdrawable_shares AS withdrawable
          FROM owner o CROSS JOIN nobody
         CROSS JOIN LATERAL api_v1.pending_withdrawals(o.address, until) w
         CROSS JOIN LATERAL api_v1.withdrawal_shares(w.root, o.address, w.operator, w.slashable_until, until) i
          JOIN strategy y ON y.strategy = i.strategy),
    -- ---- ALT's own staking: positions, what of them cools down (doubt: at least by so much less), frozen operators
    position AS (
        SELECT o.address AS owner, substr(n.asset, 1, 20) AS contract, substr(n.asset, 33) AS operator, e.balance::numeric AS staked,
               coalesce(c.amount, 0) AS cooling, coalesce(t.doubt, 0) AS doubt,
               CASE WHEN coalesce(t.doubt, 0) = 0 THEN t.started_at END AS started_at,
               CASE WHEN coalesce(t.doubt, 0) = 0 THEN t.started_at + make_interval(secs => z.seconds::double precision) END AS available_at, coalesce(f.frozen, false) AS frozen
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
               CASE WHEN d.operator IS NOT NULL THEN d.since_block END, NULL, NULL, NULL
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
        SELECT o.address, 'later', l.source, l.contract, l.party, NULL, false, 'acquired-after-snapshot',
               CASE WHEN l.through_strategy THEN l.more END, l.held, l.issued, l.through_strategy, CASE WHEN NOT l.through_strategy THEN l.more END,
               l.vault, l.vault_held, l.vault_issued, NULL, NULL, NULL, NULL
          FROM owner o CROSS JOIN LATERAL (SELECT x.*, x.now_has - x.had AS more FROM (
            SELECT 'token' AS source, alt.token AS contract, NULL::bytea AS party, NULL::numeric AS held, NULL::numeric AS issued, false AS through_strategy,
                   NULL::bytea AS vault, NULL::numeric AS vault_held, NULL::numeric AS vault_issued,
                   coalesce(api_v1.balance_at(1::smallint, alt.token, o.address, until), 0) AS had, api_v1.balance_at(1::smallint, alt.token, o.address, head) AS now_has
              FROM alt
            UNION ALL
            SELECT 'vault', v.vault, NULL, NULL, NULL, false, v.vault, v.held, v.issued,
                   coalesce(api_v1.balance_at(1::smallint, v.vault, o.address, until), 0), api_v1.balance_at(1::smallint, v.vault, o.address, head)
              FROM vault v
            UNION ALL
            SELECT 'eigenlayer', y.strategy, NULL, y.held, y.issued, true, y.vault, y.vault_held, y.vault_issued,
                   coalesce(api_v1.balance_at(6::smallint, y.strategy, o.address, until), 0), api_v1.balance_at(6::smallint, y.strategy, o.address, head)
              FROM strategy y
            UNION ALL
            SELECT 'alt.staking', substr(n.asset, 1, 20), substr(n.asset, 33), NULL, NULL, false, NULL, NULL, NULL,
                   coalesce(api_v1.balance_at(40::smallint, n.asset, o.address, until), 0), api_v1.balance_at(40::smallint, n.asset, o.address, head)
              FROM ledger.account n WHERE n.owner = o.address AND n.book = 40) x
            WHERE x.now_has > x.had) l
         WHERE head > until)
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
        SELECT g.operator, d.strategy, d.withdrawable_shares
          FROM api_v1.delegated_to(of_owner, until) g CROSS JOIN LATERAL api_v1.deposits(of_owner, g.operator, until) d
        UNION ALL
        SELECT w.operator, i.strategy, i.withdrawable_shares
          FROM api_v1.pending_withdrawals(of_owner, until) w
         CROSS JOIN LATERAL api_v1.withdrawal_shares(w.root, of_owner, w.operator, w.slashable_until, until) i
         WHERE w.slashable_until >= until >> 32),
    owned AS (SELECT s.operator, s.strategy, sum(s.shares) AS shares FROM stake s WHERE s.operator <> decode(repeat('00', 20), 'hex') GROUP BY 1, 2)
    SELECT o.operator, l.avs, l.operator_set, o.strategy, o.shares, l.current_magnitude, x.most, div(o.shares * l.current_magnitude, x.most)
      FROM owned o
     CROSS JOIN LATERAL (SELECT coalesce((SELECT m.magnitude::numeric FROM ledger.max_magnitude m WHERE m.operator = o.operator AND m.strategy = o.strategy
                                             AND m.position <= until ORDER BY m.position DESC LIMIT 1), 1e18) AS most) x
     CROSS JOIN LATERAL api_v1.allocations(o.operator, until, until >> 32) l
     WHERE l.strategy = o.strategy AND l.slashable AND l.current_magnitude > 0 AND x.most > 0
     ORDER BY o.strategy, l.avs, l.operator_set
$$;
COMMENT ON FUNCTION api_v1.slash_liability(bytea, bigint) IS 'Which operator sets can slash an account''s delegated and queued shares at a position, and how many at most each (shares x magnitude / maximum magnitude). The same shares stand behind each set.';
