-- sql/0017_power_of.sql - voting power of many accounts at once by a policy, and the DelegateRegistry that moves it.

CREATE TABLE ledger.registry_delegate (
    registry  public.address NOT NULL,
    delegator public.address NOT NULL,
    id        public.hash NOT NULL,
    position  bigint NOT NULL,
    log_index integer NOT NULL,
    delegate  public.address NOT NULL,
    PRIMARY KEY (registry, delegator, id, position)
);
COMMENT ON TABLE ledger.registry_delegate IS 'DelegateRegistry: whom an account set as its delegate for an id (SetDelegate, ClearDelegate).';
COMMENT ON COLUMN ledger.registry_delegate.id IS 'A space''s id as bytes32; zero: for every space for which it set none.';
COMMENT ON COLUMN ledger.registry_delegate.delegate IS 'The zero address: cleared.';
CREATE INDEX registry_delegate_delegate ON ledger.registry_delegate (registry, delegate, id, delegator, position);
CREATE INDEX registry_delegate_position ON ledger.registry_delegate USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

INSERT INTO ledger.timeline VALUES ('registry_delegate');
SELECT mirror.guard('ledger');
SELECT mirror.grant_books('ledger');

CREATE FUNCTION api_v1.power_registry() RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT c.address FROM api_v1.contracts() c WHERE c.kind = 'delegate_registry' ORDER BY c.address LIMIT 1
$$;
COMMENT ON FUNCTION api_v1.power_registry() IS 'The DelegateRegistry of the network file (of several the first by address); null: there is none.';

-- Functions that give a table, and are read as one: PostgreSQL inlines these, and calls the others once a row.
CREATE FUNCTION api_v1.registry_set(of_registry bytea, of_delegator bytea, of_id bytea, until bigint) RETURNS TABLE (delegate bytea) LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT nullif(d.delegate, '\x0000000000000000000000000000000000000000'::bytea)
      FROM (SELECT x.delegate::bytea FROM ledger.registry_delegate x
             WHERE x.registry = of_registry AND x.delegator = of_delegator AND x.id = of_id AND x.position <= until ORDER BY x.position DESC LIMIT 1) d
$$;
COMMENT ON FUNCTION api_v1.registry_set(bytea, bytea, bytea, bigint) IS 'delegation(delegator, id) of a DelegateRegistry at a position; null or no row: none.';

-- "Delegation for the space, else the one for all spaces." A delegate of one's own name moves nothing.
CREATE FUNCTION api_v1.registry_delegate(of_registry bytea, of_delegator bytea, registry_id bytea, until bigint) RETURNS TABLE (delegate bytea) LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT nullif(coalesce((SELECT d.delegate FROM api_v1.registry_set(of_registry, of_delegator, registry_id, until) d),
                           (SELECT d.delegate FROM api_v1.registry_set(of_registry, of_delegator, '\x0000000000000000000000000000000000000000000000000000000000000000', until) d)),
                  of_delegator)
$$;
COMMENT ON FUNCTION api_v1.registry_delegate(bytea, bytea, bytea, bigint) IS 'To whom an account''s own power goes in the space with this id (null: a space that has none), at a position; null: to nobody.';

CREATE FUNCTION api_v1.registry_delegators(of_registry bytea, of_delegate bytea, registry_id bytea, until bigint) RETURNS TABLE (delegator bytea) LANGUAGE sql STABLE PARALLEL SAFE ROWS 3 AS $$
    SELECT k.delegator
      FROM (SELECT DISTINCT x.delegator::bytea FROM ledger.registry_delegate x
             WHERE x.registry = of_registry AND x.delegate = of_delegate AND x.position <= until
               AND x.id IN (registry_id, '\x0000000000000000000000000000000000000000000000000000000000000000'::bytea)) k
     CROSS JOIN LATERAL api_v1.registry_delegate(of_registry, k.delegator, registry_id, until) d
     WHERE of_delegate <> '\x0000000000000000000000000000000000000000' AND d.delegate = of_delegate
$$;
COMMENT ON FUNCTION api_v1.registry_delegators(bytea, bytea, bytea, bigint) IS 'Whose own power goes to an account in the space with this id, at a position.';

-- The parts `held` and `delegated_in` of api_v1.power_parts(), as far as they count, in one look at each owner's accounts: most have no other parts.
-- Books: 1 token, 4 votes; 6 deposit, 10 queued, 40 alt.staked.
CREATE FUNCTION api_v1.power_tokens(owners bytea[], until bigint) RETURNS TABLE (owner bytea, held numeric, delegated_in numeric, stakes boolean) LANGUAGE sql STABLE PARALLEL SAFE ROWS 256 AS $$
    WITH alt AS MATERIALIZED (SELECT api_v1.power_token() AS token),
    vault AS MATERIALIZED (SELECT v.* FROM api_v1.vaults(until) v JOIN alt ON alt.token = v.asset),
    custodian AS MATERIALIZED (SELECT c.address FROM api_v1.contracts() c WHERE c.kind IN ('eigenlayer.strategy', 'erc4626', 'alt.staking')
                                UNION ALL SELECT '\x00000000000000000000000000000000000e16e4'), -- EigenLayer burns to that address
    has AS (
        SELECT o.address, coalesce(b.balance, 0) AS balance, coalesce(b.units, 0) AS units, coalesce(b.shares, 0) AS shares, b.stakes,
               nullif(d.delegate, '\x0000000000000000000000000000000000000000') AS delegate, o.address IN (SELECT c.address FROM custodian c) AS custodian
          FROM (SELECT DISTINCT g.address FROM unnest(owners) AS g (address)) o CROSS JOIN alt
         CROSS JOIN LATERAL (SELECT sum(e.balance) FILTER (WHERE n.book = 1 AND n.asset = alt.token) AS balance, sum(e.balance) FILTER (WHERE n.book = 4) AS units,
                                    sum(api_v1.vault_assets(e.balance, v.held, v.issued)) FILTER (WHERE n.book = 1) AS shares,
                                    coalesce(bool_or(n.book IN (6, 10, 40)), false) AS stakes
                               FROM ledger.account n LEFT JOIN vault v ON v.vault = n.asset
                               LEFT JOIN LATERAL (SELECT x.balance::numeric FROM ledger.entry x WHERE x.account = n.id AND x.position <= until ORDER BY x.position DESC LIMIT 1) e
                                 ON n.book IN (1, 4) AND n.asset = alt.token OR n.book = 1 AND v.vault IS NOT NULL
                              WHERE n.owner = o.address) b
          LEFT JOIN LATERAL (SELECT x.delegate::bytea FROM ledger.delegate x WHERE x.delegator = o.address AND x.token = alt.token AND x.position <= until
                              ORDER BY x.position DESC LIMIT 1) d ON true)
    SELECT h.address, CASE WHEN h.custodian THEN 0 ELSE h.shares + CASE WHEN h.delegate <> h.address THEN 0 ELSE h.balance END END,
           greatest(h.units - CASE WHEN h.delegate = h.address THEN h.balance ELSE 0 END, 0), h.stakes
      FROM has h
$$;
COMMENT ON FUNCTION api_v1.power_tokens(bytea[], bigint) IS 'What of the token and its vault counts at a position, in ALT: held (unless for others, or delegated away) and delegated by others; stakes: the other parts may not be nothing. One row an owner.';

-- In plpgsql, as power_of: the plan of power_parts is made once a connection, and started only for accounts that have stake.
CREATE FUNCTION api_v1.power_own(owners bytea[], policy integer, until bigint) RETURNS TABLE (owner bytea, own numeric, delegated_in numeric)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 256 SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    who bytea[];
    held numeric[];
    given numeric[];
    stakers bytea[];
BEGIN
    SELECT array_agg(t.owner), array_agg(t.held * (policy & 1)), array_agg(t.delegated_in * (policy >> 1 & 1)), array_agg(t.owner) FILTER (WHERE t.stakes)
      INTO who, held, given, stakers FROM api_v1.power_tokens(owners, until) t;
    IF policy & (4 | 8 | 16) = 0 OR stakers IS NULL THEN
        RETURN QUERY SELECT * FROM unnest(who, held, given);
        RETURN;
    END IF;
    RETURN QUERY
    SELECT t.owner, CASE WHEN s.known IS NOT FALSE THEN t.held + coalesce(s.alt, 0) END, t.given
      FROM unnest(who, held, given) AS t (owner, held, given)
      LEFT JOIN (SELECT p.owner, bool_and(p.alt IS NOT NULL) AS known, sum(p.alt) AS alt FROM api_v1.power_parts(stakers, until, until) p
                  WHERE p.component = 'staked' AND p.counted AND policy & 4 <> 0 OR p.component = 'cooling_down' AND policy & 8 <> 0
                     OR p.component = 'queued' AND policy & 16 <> 0
                  GROUP BY p.owner) s ON s.owner = t.owner;
END $$;
COMMENT ON FUNCTION api_v1.power_own(bytea[], integer, bigint) IS 'Power of accounts by a policy (bits: governance/policy.h) before a DelegateRegistry moves any: own is what they hold, stake, have cooling down and queued; null: not known. One row an owner.';

CREATE FUNCTION api_v1.power_of(owners bytea[], registry_id bytea, policy integer, until bigint) RETURNS TABLE (owner bytea, power numeric)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 256 SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    registry CONSTANT bytea := CASE WHEN policy & 32 <> 0 THEN api_v1.power_registry() END;
BEGIN
    IF registry IS NULL THEN
        RETURN QUERY SELECT p.owner, p.own + p.delegated_in FROM api_v1.power_own(owners, policy, until) p;
        RETURN;
    END IF;
    RETURN QUERY
    WITH owner AS MATERIALIZED (
        SELECT o.address, d.delegate FROM (SELECT DISTINCT u.address FROM unnest(owners) AS u (address)) o
         CROSS JOIN LATERAL api_v1.registry_delegate(registry, o.address, registry_id, until) d),
    given AS MATERIALIZED (
        SELECT o.address, d.delegator FROM owner o CROSS JOIN LATERAL api_v1.registry_delegators(registry, o.address, registry_id, until) d),
    has AS MATERIALIZED (
        SELECT p.* FROM api_v1.power_own(ARRAY(SELECT o.address FROM owner o UNION SELECT g.delegator FROM given g), policy, until) p),
    gets AS (
        SELECT g.address, bool_and(h.own IS NOT NULL) AS known, sum(h.own) AS own FROM given g JOIN has h ON h.owner = g.delegator GROUP BY g.address)
    SELECT o.address, CASE WHEN g.known IS NOT FALSE THEN CASE WHEN o.delegate IS NULL THEN h.own ELSE 0 END + h.delegated_in + coalesce(g.own, 0) END
      FROM owner o JOIN has h ON h.owner = o.address LEFT JOIN gets g ON g.address = o.address;
END $$;
COMMENT ON FUNCTION api_v1.power_of(bytea[], bytea, integer, bigint) IS 'Voting power of accounts at a position by a policy (bits: governance/policy.h), in the space with this id as DelegateRegistry knows it (null: none). One row an owner; null: what would count is not known. Each unit counts with one account.';

CREATE FUNCTION api_v1.power_explained(of_owner bytea, registry_id bytea, policy integer, until bigint, head bigint) RETURNS SETOF api_v1.power_part LANGUAGE sql STABLE PARALLEL SAFE ROWS 20 AS $$
    WITH moves AS MATERIALIZED (
        SELECT r.registry, d.delegate FROM (SELECT CASE WHEN policy & 32 <> 0 THEN api_v1.power_registry() END AS registry OFFSET 0) r
         CROSS JOIN LATERAL api_v1.registry_delegate(r.registry, of_owner, registry_id, until) d)
    SELECT p.owner, p.component, p.source, p.contract, CASE WHEN m.moved THEN m.delegate ELSE p.party END, p.reference, n.named AND NOT m.moved,
           CASE WHEN m.moved THEN 'delegated-in-registry' WHEN p.counted AND NOT n.named THEN 'not-in-policy' ELSE p.reason END,
           p.shares, p.strategy_held, p.strategy_issued, p.tokens, p.vault, p.vault_held, p.vault_issued, p.alt, p.since_block, p.until_block, p.since_time, p.until_time
      FROM api_v1.power_parts(ARRAY[of_owner], until, head) p
     CROSS JOIN LATERAL (SELECT CASE p.component WHEN 'held' THEN p.counted AND policy & 1 <> 0 WHEN 'delegated_in' THEN policy & 2 <> 0
                                     WHEN 'staked' THEN p.counted AND policy & 4 <> 0 WHEN 'cooling_down' THEN policy & 8 <> 0
                                     WHEN 'queued' THEN policy & 16 <> 0 ELSE false END AS named) n
     CROSS JOIN LATERAL (SELECT x.delegate, n.named AND p.component <> 'delegated_in' AND x.delegate IS NOT NULL AS moved FROM moves x) m
    UNION ALL
    SELECT of_owner, 'delegated_in', 'registry', x.registry, h.owner, NULL, true, 'delegated-by-others', NULL, NULL, NULL, NULL, NULL, NULL, NULL, h.own, NULL, NULL, NULL, NULL
      FROM moves x
     CROSS JOIN LATERAL api_v1.power_own(ARRAY(SELECT g.delegator FROM api_v1.registry_delegators(x.registry, of_owner, registry_id, until) g), policy, until) h
     WHERE h.own IS DISTINCT FROM 0
$$;
COMMENT ON FUNCTION api_v1.power_explained(bytea, bytea, integer, bigint, bigint) IS 'The parts of api_v1.power_parts() as a policy counts them, and what others delegated in the registry (component delegated_in, source registry, party: the delegator). The counted ones sum to api_v1.power_of().';
