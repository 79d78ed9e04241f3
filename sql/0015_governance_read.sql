-- sql/0015_governance_read.sql - what the views of governors and timelocks answer at a block, most of which no event says.

CREATE FUNCTION api_v1.governors() RETURNS TABLE (address bytea, kind text, name text, token bytea, timelock bytea, clock text, timelock_grace bigint) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT decode(substr(j.value ->> 'address', 3), 'hex'), j.value ->> 'kind', nullif(j.value ->> 'name', ''),
           CASE WHEN j.value ->> 'kind' <> 'governor' THEN NULL
                WHEN j.value ? 'token' THEN decode(substr(j.value ->> 'token', 3), 'hex')
                ELSE (SELECT CASE WHEN count(*) = 1 THEN decode(substr(min(t.value ->> 'address'), 3), 'hex') END
                        FROM jsonb_array_elements(n.file -> 'contracts') t WHERE t.value ->> 'kind' = 'erc20votes') END,
           decode(substr(j.value ->> 'timelock', 3), 'hex'),
           coalesce(j.value -> 'parameters' ->> 'clock', n.file -> 'parameters' ->> 'clock', 'block'),
           coalesce(j.value -> 'parameters' ->> 'timelock_grace_seconds', n.file -> 'parameters' ->> 'timelock_grace_seconds')::bigint
      FROM (SELECT c.network::jsonb AS file FROM mirror.cursor c) n
     CROSS JOIN LATERAL jsonb_array_elements(n.file -> 'contracts') j
     WHERE j.value ->> 'kind' IN ('governor', 'timelock')
$$;
COMMENT ON FUNCTION api_v1.governors() IS 'Governors and timelocks of the network file. A governor without token has the only erc20votes, if there is one.';

CREATE FUNCTION api_v1.governance_setting(of_contract bytea, of_setting bigint, until bigint) RETURNS numeric LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT t.value::numeric FROM ledger.governance_setting t WHERE t.contract = of_contract AND t.setting = of_setting AND t.position <= until
             ORDER BY t.position DESC LIMIT 1);
END $$;
COMMENT ON FUNCTION api_v1.governance_setting(bytea, bigint, bigint) IS 'A setting (numbers: ledger.governance_setting) at a position; null: no event told it.';

-- "_optimisticUpperLookupRecent(_quorumNumeratorHistory, timepoint)". Where no event up to the snapshot was mirrored, the first one since tells what held before it.
CREATE FUNCTION api_v1.numerator_at(of_governor bytea, of_setting bigint, snapshot bigint, until bigint) RETURNS numeric LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT coalesce(api_v1.governance_setting(of_governor, of_setting, snapshot),
                    (SELECT t.previous::numeric FROM ledger.governance_setting t WHERE t.contract = of_governor AND t.setting = of_setting
                        AND t.position > snapshot AND t.position <= until ORDER BY t.position LIMIT 1)));
END $$;
COMMENT ON FUNCTION api_v1.numerator_at(bytea, bigint, bigint, bigint) IS 'quorumNumerator or superQuorumNumerator at a snapshot, known at a position; null: no event told it.';

-- Governor.state() of OpenZeppelin 5.x with GovernorSuperQuorum, GovernorTimelockControl and GovernorTimelockCompound over it: the first row that
-- holds. A fact that is not known is null, and so is the state, if it depends on it. operation: what the timelock says of a queued
-- proposal (direct: the governor has no timelock that could say something else).
CREATE FUNCTION api_v1.proposal_state(executed boolean, canceled boolean, snapshot bigint, deadline bigint, clock bigint, super_quorum_reached boolean,
    quorum_reached boolean, vote_succeeded boolean, eta bigint, operation text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN executed THEN 'executed'
        WHEN canceled THEN 'canceled'
        WHEN snapshot >= clock THEN 'pending'
        WHEN deadline >= clock AND NOT (super_quorum_reached AND vote_succeeded) THEN 'active'
        WHEN deadline < clock AND NOT (quorum_reached AND vote_succeeded) THEN 'defeated'
        WHEN CASE WHEN deadline >= clock THEN super_quorum_reached AND vote_succeeded ELSE quorum_reached AND vote_succeeded END IS NOT TRUE THEN NULL
        WHEN clock IS NULL THEN NULL
        WHEN eta = 0 THEN 'succeeded'
        WHEN operation IN ('direct', 'pending') THEN 'queued'
        WHEN operation = 'done' THEN 'executed'
        WHEN operation = 'unset' THEN 'canceled'
        WHEN operation = 'expired' THEN 'expired'
    END
$$;
COMMENT ON FUNCTION api_v1.proposal_state(boolean, boolean, bigint, bigint, bigint, boolean, boolean, boolean, bigint, text) IS 'State of a proposal, as Governor.state() decides it; null: it depends on what is not known.';

CREATE FUNCTION api_v1.operation_of(of_governor bytea, of_proposal bytea, of_operation bytea, of_timelock bytea, eta bigint, until bigint, at_seconds bigint) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT CASE
        WHEN of_timelock = decode(repeat('00', 20), 'hex') THEN 'direct'
        WHEN g.timelock_grace IS NOT NULL THEN CASE WHEN at_seconds >= eta + g.timelock_grace THEN 'expired' WHEN at_seconds IS NOT NULL THEN 'pending' END
        WHEN NOT EXISTS (SELECT FROM api_v1.governors() k WHERE k.address = of_timelock AND k.kind = 'timelock') THEN NULL
        ELSE coalesce((SELECT CASE WHEN t.done THEN 'done' WHEN t.canceled THEN 'unset' ELSE 'pending' END FROM ledger.timelock_operation t
                        WHERE t.timelock = of_timelock AND t.operation = of_operation AND t.position <= until ORDER BY t.position DESC LIMIT 1),
                      -- It was scheduled in the timelock of that time. The one of now does not know it, if it came later; else what it knows was not mirrored.
                      CASE WHEN EXISTS (SELECT FROM ledger.governor_timelock x WHERE x.governor = of_governor AND x.position <= until AND x.position >
                               (SELECT min(q.position) FROM ledger.proposal_step q WHERE q.governor = of_governor AND q.proposal_id = of_proposal AND q.eta <> 0))
                           THEN 'unset' END) END
      FROM api_v1.governors() g WHERE g.address = of_governor);
END $$;
COMMENT ON FUNCTION api_v1.operation_of(bytea, bytea, bytea, bytea, bigint, bigint, bigint) IS 'What the timelock says of a queued proposal''s operation: pending, done, unset; expired after its grace period; direct: there is no timelock; null: it is not mirrored, or not from its scheduling on.';

-- In plpgsql, so that its plan is made once a connection, and not with each statement and call.
CREATE FUNCTION api_v1.proposal_at(of_governor bytea, of_proposal bytea, until bigint, at_number bigint, at_time timestamptz)
RETURNS TABLE (snapshot bigint, deadline bigint, eta bigint, against_votes numeric, for_votes numeric, abstain_votes numeric, ballots bigint, uncounted bigint,
    snapshot_position bigint, quorum numeric, quorum_reached boolean, vote_succeeded boolean, timelock bytea, state text, undetermined text)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1 SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT f.vote_start, f.deadline, f.eta, f.against_votes, f.for_votes, f.abstain_votes, f.ballots, f.uncounted,
           q.snapshot_position, q.quorum, r.quorum_reached, r.vote_succeeded, nullif(f.timelock, decode(repeat('00', 20), 'hex')), z.state,
           CASE WHEN z.state IS NOT NULL THEN NULL
                WHEN f.uncounted > 0 THEN 'counting-unknown'
                WHEN z.differs OR f.least_clock IS NULL OR f.most_clock IS NULL THEN 'block-time-unknown'
                WHEN q.quorum IS NULL OR q.super_quorum IS NULL THEN 'quorum-unknown'
                ELSE 'timelock-not-mirrored' END
      FROM (SELECT p.governor, p.proposal_id, p.operation, p.token, p.clock, p.vote_start, greatest(p.vote_end, s.extended) AS deadline, coalesce(s.eta, 0) AS eta,
                   coalesce(s.executed, false) AS executed, coalesce(s.canceled, false) AS canceled,
                   coalesce(t.against_votes::numeric, 0) AS against_votes, coalesce(t.for_votes::numeric, 0) AS for_votes,
                   coalesce(t.abstain_votes::numeric, 0) AS abstain_votes, coalesce(t.ballots, 0) AS ballots, coalesce(t.uncounted, 0) AS uncounted,
                   coalesce((SELECT x.timelock::bytea FROM ledger.governor_timelock x WHERE x.governor = p.governor AND x.position <= until
                              ORDER BY x.position DESC LIMIT 1), p.timelock) AS timelock,
                   CASE p.clock WHEN 0 THEN at_number ELSE extract(epoch FROM b.least)::bigint END AS least_clock,
                   CASE p.clock WHEN 0 THEN at_number ELSE extract(epoch FROM b.most)::bigint END AS most_clock,
                   extract(epoch FROM b.least)::bigint AS least_seconds, extract(epoch FROM b.most)::bigint AS most_seconds
              FROM (SELECT x.* FROM ledger.proposal x WHERE x.governor = of_governor AND x.proposal_id = of_proposal AND x.position <= until ORDER BY x.position LIMIT 1) p
              LEFT JOIN LATERAL (SELECT x.* FROM ledger.proposal_step x WHERE x.governor = p.governor AND x.proposal_id = p.proposal_id AND x.position <= until
                                  ORDER BY x.position DESC LIMIT 1) s ON true
              LEFT JOIN LATERAL (SELECT x.* FROM ledger.proposal_tally x WHERE x.governor = p.governor AND x.proposal_id = p.proposal_id AND x.position <= until
                                  ORDER BY x.position DESC LIMIT 1) t ON true
              -- A finalized block whose header is not stored lies between its stored neighbours in time.
             CROSS JOIN LATERAL (SELECT coalesce(at_time, (SELECT k.time FROM mirror.chain h JOIN mirror.block k ON k.id = h.block
                                                             WHERE h.number < at_number ORDER BY h.number DESC LIMIT 1)) AS least,
                                        coalesce(at_time, (SELECT k.time FROM mirror.chain h JOIN mirror.block k ON k.id = h.block
                                                             WHERE h.number > at_number ORDER BY h.number LIMIT 1)) AS most OFFSET 0) b
            OFFSET 0) f
     -- The quorum is of the snapshot, and nothing tells it before the snapshot is past. Supply: what the token has issued.
     CROSS JOIN LATERAL (SELECT i.snapshot_position,
                                div(i.supply * api_v1.numerator_at(f.governor, 4, i.snapshot_position, until), 100) AS quorum,
                                CASE WHEN i.super_numerator IS NOT NULL THEN div(i.supply * i.super_numerator, 100) ELSE 'Infinity' END AS super_quorum
                           FROM (SELECT j.snapshot_position, api_v1.numerator_at(f.governor, 5, j.snapshot_position, until) AS super_numerator,
                                        CASE WHEN j.snapshot_position IS NOT NULL AND EXISTS (SELECT FROM api_v1.contracts() c WHERE c.address = f.token)
                                             THEN coalesce((SELECT e.balance::numeric FROM ledger.account n
                                                              CROSS JOIN LATERAL (SELECT x.balance FROM ledger.entry x WHERE x.account = n.id
                                                                                     AND x.position <= j.snapshot_position ORDER BY x.position DESC LIMIT 1) e
                                                              WHERE n.book = 2 AND n.asset = f.token AND n.owner = decode(repeat('00', 20), 'hex') AND n.second = ''), 0) END AS supply
                                   FROM (SELECT CASE WHEN f.vote_start < f.least_clock
                                                     THEN CASE f.clock WHEN 0 THEN f.vote_start ELSE api_v1.number_at(to_timestamp(f.vote_start)) END << 32 | 4294967295
                                                END AS snapshot_position OFFSET 0) j OFFSET 0) i OFFSET 0) q
     CROSS JOIN LATERAL (SELECT CASE WHEN f.uncounted = 0 THEN q.quorum <= f.for_votes + f.abstain_votes END AS quorum_reached,
                                CASE WHEN f.uncounted = 0 THEN q.super_quorum <= f.for_votes END AS super_quorum_reached,
                                CASE WHEN f.uncounted = 0 THEN f.for_votes > f.against_votes END AS vote_succeeded OFFSET 0) r
     -- Where the block's time is known, both ends of it are the same and are looked at once.
     CROSS JOIN LATERAL (SELECT f.least_seconds IS NOT DISTINCT FROM f.most_seconds AS same, f.eta <> 0 AND NOT f.executed AND NOT f.canceled AS queued OFFSET 0) w
     CROSS JOIN LATERAL (SELECT CASE WHEN w.queued THEN api_v1.operation_of(f.governor, f.proposal_id, f.operation, f.timelock, f.eta, until, f.least_seconds) END AS least,
                                CASE WHEN w.queued AND NOT w.same THEN api_v1.operation_of(f.governor, f.proposal_id, f.operation, f.timelock, f.eta, until, f.most_seconds) END AS most
                          OFFSET 0) o
     CROSS JOIN LATERAL (SELECT api_v1.proposal_state(f.executed, f.canceled, f.vote_start, f.deadline, f.least_clock, r.super_quorum_reached, r.quorum_reached,
                                                      r.vote_succeeded, f.eta, o.least) AS least,
                                CASE WHEN NOT w.same THEN api_v1.proposal_state(f.executed, f.canceled, f.vote_start, f.deadline, f.most_clock, r.super_quorum_reached,
                                                                                r.quorum_reached, r.vote_succeeded, f.eta, o.most) END AS most
                          OFFSET 0) y
     CROSS JOIN LATERAL (SELECT NOT w.same AND y.least IS DISTINCT FROM y.most AS differs, CASE WHEN w.same OR y.least = y.most THEN y.least END AS state OFFSET 0) z;
END $$;
COMMENT ON FUNCTION api_v1.proposal_at(bytea, bytea, bigint, bigint, timestamptz) IS 'What a governor''s views answer of a proposal at a block: at_number and at_time are the block''s, until its last position. undetermined: why the state is null.';

CREATE FUNCTION api_v1.selectors() RETURNS TABLE (selector bytea, function text) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    VALUES ('\xa9059cbb'::bytea, 'transfer(address,uint256)'), ('\x23b872dd', 'transferFrom(address,address,uint256)'), ('\x095ea7b3', 'approve(address,uint256)'),
           ('\x40c10f19', 'mint(address,uint256)'), ('\x79051887', 'setVotingDelay(uint48)'), ('\xe540d01d', 'setVotingPeriod(uint32)'),
           ('\xece40cc1', 'setProposalThreshold(uint256)'), ('\x06f3f9e6', 'updateQuorumNumerator(uint256)'), ('\xc5cd8f33', 'updateSuperQuorumNumerator(uint256)'),
           ('\xa890c910', 'updateTimelock(address)'), ('\x330df7ff', 'setLateQuorumVoteExtension(uint48)'), ('\xc28bc2fa', 'relay(address,uint256,bytes)'),
           ('\x64d62353', 'updateDelay(uint256)'), ('\x2f2ff15d', 'grantRole(bytes32,address)'), ('\xd547741f', 'revokeRole(bytes32,address)'),
           ('\x8456cb59', 'pause()'), ('\x3f4ba83a', 'unpause()'), ('\xf2fde38b', 'transferOwnership(address)'), ('\x4f1ef286', 'upgradeToAndCall(address,bytes)')
$$;
COMMENT ON FUNCTION api_v1.selectors() IS 'Functions that proposals often call, by their selectors. Only said of contracts of the network file: a stranger''s function may do anything.';
