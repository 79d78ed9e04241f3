-- sql/0018_delegates.sql - delegates at a block: who delegated to them, and what they did with it.

CREATE INDEX delegate_by_delegate ON ledger.delegate (token, delegate, delegator, position);
COMMENT ON INDEX ledger.delegate_by_delegate IS 'Who delegated to an account (ERC20Votes).';

CREATE FUNCTION api_v1.votes_delegators(of_token bytea, of_delegate bytea, until bigint) RETURNS TABLE (delegator bytea, since bigint) LANGUAGE sql STABLE PARALLEL SAFE ROWS 10 AS $$
    SELECT k.delegator, d.position
      FROM (SELECT DISTINCT x.delegator::bytea FROM ledger.delegate x WHERE x.token = of_token AND x.delegate = of_delegate AND x.position <= until) k
     CROSS JOIN LATERAL (SELECT x.delegate, x.position FROM ledger.delegate x WHERE x.delegator = k.delegator AND x.token = of_token AND x.position <= until
                          ORDER BY x.position DESC LIMIT 1) d
     WHERE d.delegate = of_delegate
$$;
COMMENT ON FUNCTION api_v1.votes_delegators(bytea, bytea, bigint) IS 'Who has delegated its units of a token to an account at a position, and since which position.';

CREATE FUNCTION api_v1.registry_delegations(of_registry bytea, of_delegate bytea, until bigint) RETURNS TABLE (delegator bytea, id bytea, since bigint) LANGUAGE sql STABLE PARALLEL SAFE ROWS 10 AS $$
    SELECT k.delegator, k.id, d.position
      FROM (SELECT DISTINCT x.delegator::bytea, x.id::bytea FROM ledger.registry_delegate x
             WHERE x.registry = of_registry AND x.delegate = of_delegate AND x.position <= until) k
     CROSS JOIN LATERAL (SELECT x.delegate, x.position FROM ledger.registry_delegate x WHERE x.registry = of_registry AND x.delegator = k.delegator AND x.id = k.id
                            AND x.position <= until ORDER BY x.position DESC LIMIT 1) d
     WHERE d.delegate = of_delegate
$$;
COMMENT ON FUNCTION api_v1.registry_delegations(bytea, bytea, bigint) IS 'Who has set an account as its delegate in a DelegateRegistry at a position, for which id, and since which position.';

CREATE FUNCTION api_v1.delegate_counts(of_delegate bytea, until bigint) RETURNS TABLE (units numeric, delegators bigint, registry_delegators bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1 AS $$
DECLARE
    token CONSTANT bytea := api_v1.power_token();
BEGIN
    RETURN QUERY
    SELECT coalesce(api_v1.balance_at(4::smallint, token, of_delegate, until), 0), (SELECT count(*) FROM api_v1.votes_delegators(token, of_delegate, until)),
           (SELECT count(DISTINCT r.delegator) FROM api_v1.registry_delegations(api_v1.power_registry(), of_delegate, until) r);
END $$;
COMMENT ON FUNCTION api_v1.delegate_counts(bytea, bigint) IS 'What an account has been delegated at a position: units of the power token (getVotes), by how many; and how many set it in the registry.';

CREATE FUNCTION api_v1.registry_id(of_space text) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN octet_length(of_space) < 32 THEN decode(rpad(encode(convert_to(of_space, 'UTF8'), 'hex'), 64, '0'), 'hex') END
$$;
COMMENT ON FUNCTION api_v1.registry_id(text) IS 'A space''s id as DelegateRegistry knows it (space_registry_id() of governance/space.h); null: it is too long.';

-- Of each source the last `most` proposals that could be voted on at the moment.
CREATE FUNCTION api_v1.delegate_record(of_voter bytea, until bigint, at_number bigint, at_time timestamptz, log_size bigint, at_moment timestamptz, most integer)
RETURNS TABLE (onchain text, offchain text) LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1 SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    SELECT (SELECT json_build_array(count(*), count(*) FILTER (WHERE v.voted), CASE WHEN count(*) > 0 THEN count(*) FILTER (WHERE v.voted) * 10000 / count(*) END,
                                    (SELECT count(*) FROM ledger.governor_vote b WHERE b.voter = of_voter AND b.position <= until AND b.kind <> 2))::text
              FROM (SELECT p.* FROM ledger.proposal p WHERE p.position <= until AND p.vote_start < CASE p.clock WHEN 0 THEN at_number ELSE extract(epoch FROM at_time)::bigint END
                     ORDER BY p.position DESC LIMIT most) p
             CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM ledger.governor_vote b WHERE b.governor = p.governor AND b.proposal_id = p.proposal_id AND b.voter = of_voter
                                                   AND b.position <= until AND b.kind <> 2) AS voted OFFSET 0) v
             WHERE v.voted OR api_v1.balance_at(4::smallint, p.token, of_voter,
                       CASE p.clock WHEN 0 THEN p.vote_start ELSE api_v1.number_at(to_timestamp(p.vote_start)) END << 32 | 4294967295) > 0),
           (SELECT json_build_array(count(*), count(*) FILTER (WHERE v.voted), CASE WHEN count(*) > 0 THEN count(*) FILTER (WHERE v.voted) * 10000 / count(*) END,
                                    (SELECT count(*) FROM governance.ballot b WHERE b.voter = of_voter AND b.position < log_size))::text
              FROM (SELECT p.id, l.space, l.policy, l.snapshot FROM governance.proposal p
                     CROSS JOIN LATERAL (SELECT x.* FROM governance.proposal x WHERE x.id = p.id AND x.position < log_size ORDER BY x.version DESC LIMIT 1) l
                     WHERE p.version = 1 AND p.position < log_size AND l.starts <= at_moment
                       AND NOT EXISTS (SELECT FROM governance.cancellation k WHERE k.proposal = p.id AND k.position < log_size)
                     ORDER BY p.position DESC LIMIT most) p
             CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM governance.ballot b WHERE b.proposal = p.id AND b.voter = of_voter AND b.position < log_size) AS voted OFFSET 0) v
             WHERE v.voted OR (SELECT w.power FROM api_v1.power_of(ARRAY[of_voter], api_v1.registry_id(p.space), p.policy, p.snapshot << 32 | 4294967295) w) > 0);
END $$;
COMMENT ON FUNCTION api_v1.delegate_record(bytea, bigint, bigint, timestamptz, bigint, timestamptz, integer) IS 'Of how many proposals an account had power at the snapshot (a cancelled off-chain one is none), on how many of them it voted, that in 1/10,000, and how many ballots it ever cast; packed, on-chain and off-chain.';

CREATE FUNCTION api_v1.last_votes(of_voter bytea, until bigint, log_size bigint, most integer)
RETURNS TABLE (source text, proposal bytea, space text, governor bytea, support smallint, choice text, reason bytea, power numeric, cast_at timestamptz, place bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10 SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    (SELECT 'onchain', p.id::bytea, NULL::text, b.governor::bytea, b.support, NULL::text, b.reason, b.weight::numeric, h.time, b.position
       FROM (SELECT x.* FROM ledger.governor_vote x WHERE x.voter = of_voter AND x.position <= until AND x.kind <> 2 ORDER BY x.position DESC LIMIT most) b
      CROSS JOIN LATERAL (SELECT k.time FROM mirror.chain m JOIN mirror.block k ON k.id = m.block WHERE m.number = b.position >> 32) h
       LEFT JOIN LATERAL (SELECT o.id FROM ledger.proposal o WHERE o.governor = b.governor AND o.proposal_id = b.proposal_id AND o.position <= until
                           ORDER BY o.position LIMIT 1) p ON true
     UNION ALL
     SELECT 'offchain', b.proposal::bytea, m.space, NULL, NULL, b.choice, convert_to(b.reason, 'UTF8'), w.power::numeric, b.received, b.position
       FROM (SELECT x.* FROM governance.ballot x WHERE x.voter = of_voter AND x.position < log_size ORDER BY x.position DESC LIMIT most) b
       JOIN governance.message m ON m.position = b.position
      CROSS JOIN LATERAL (SELECT c.generation, api_v1.basis_of(o.snapshot) AS basis FROM mirror.cursor c CROSS JOIN governance.proposal o
                           WHERE o.id = b.proposal AND o.version = 1) c
       LEFT JOIN governance.power w ON w.proposal = b.proposal AND w.voter = b.voter AND w.generation = c.generation AND w.block = c.basis)
    ORDER BY 9 DESC, 1, 10 DESC LIMIT most;
END $$;
COMMENT ON FUNCTION api_v1.last_votes(bytea, bigint, bigint, integer) IS 'The last ballots of an account of both sources, the newest first. power: as the governor or the log''s books say; null: not counted yet.';
