-- sql/0019_offchain_read.sql - off-chain proposals as they stand with a size of the log at a moment: state, tally, outcome.
--
-- A reader's moment is the service's clock (at=latest) or the time of the block asked for; the log then has what was received until
-- that moment. Both decide everything that follows from the log; the books only decide the power.

CREATE INDEX checkpoint_received ON governance.checkpoint (received, size);
COMMENT ON INDEX governance.checkpoint_received IS 'For at=<block>: the log as of its time.';
CREATE INDEX ballot_superseded ON governance.ballot (proposal, previous) WHERE counts AND previous IS NOT NULL;
COMMENT ON INDEX governance.ballot_superseded IS 'Ballots that do not count any more, by their places.';
CREATE INDEX ballot_stale ON governance.ballot (proposal, position) WHERE NOT counts;
COMMENT ON INDEX governance.ballot_stale IS 'Ballots that never counted.';

CREATE FUNCTION api_v1.log_size_at(until timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN coalesce((SELECT c.size FROM governance.checkpoint c WHERE c.received <= until ORDER BY c.received DESC, c.size DESC LIMIT 1), 0);
END $$;
COMMENT ON FUNCTION api_v1.log_size_at(timestamptz) IS 'How many entries the log had at the end of this second.';

-- A list's later pages name size and moment of its first one; its first page names the outermost keys there are.
CREATE FUNCTION api_v1.log_at(key_size bigint, key_moment bigint, clock timestamptz, block_time timestamptz) RETURNS TABLE (size bigint, moment timestamptz)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1 AS $$
BEGIN
    IF key_size BETWEEN 0 AND 9007199254740991 THEN
        RETURN QUERY SELECT key_size, to_timestamp(key_moment);
    ELSIF clock IS NULL THEN
        RETURN QUERY SELECT api_v1.log_size_at(block_time), block_time;
    ELSE
        RETURN QUERY SELECT coalesce((SELECT c.size FROM governance.checkpoint c ORDER BY c.size DESC LIMIT 1), 0), clock;
    END IF;
END $$;
COMMENT ON FUNCTION api_v1.log_at(bigint, bigint, timestamptz, timestamptz) IS 'Of which log and moment an answer speaks: those of the first page (unix seconds), else all of it and the service''s clock, else (null) what was there at the block''s time.';

-- The same rules as count_outcome() of governance/count.h: of basic voting the first two choices are for and against, the others abstain.
CREATE FUNCTION api_v1.offchain_outcome(of_type smallint, scores text, power numeric, quorum numeric)
RETURNS TABLE (quorum_reached boolean, vote_succeeded boolean, tie boolean, winner integer, succeeded boolean)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT power >= quorum, v.succeeded, r.best > 1, r.winner, power >= quorum AND v.succeeded
      FROM (SELECT count(*) AS best, CASE WHEN count(*) = 1 THEN min(s.n)::integer END AS winner
              FROM (SELECT e.value::numeric AS score, e.n, max(e.value::numeric) OVER () AS most
                      FROM json_array_elements_text(scores::json) WITH ORDINALITY AS e (value, n) WHERE of_type <> 0 OR e.n <= 2) s
             WHERE s.score = s.most AND s.score > 0) r
     CROSS JOIN LATERAL (SELECT coalesce(CASE of_type WHEN 0 THEN r.winner = 1 ELSE r.winner > 0 END, false) AS succeeded) v
     WHERE scores IS NOT NULL
$$;
COMMENT ON FUNCTION api_v1.offchain_outcome(smallint, text, numeric, numeric) IS 'What scores say: basic succeeds with more for than against, other types with one choice that has the most; succeeded: and the quorum is reached. winner null: nobody voted, or a tie. No scores: no row.';

CREATE FUNCTION api_v1.offchain_state(canceled boolean, starts timestamptz, ends timestamptz, succeeded boolean, moment timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN canceled THEN 'canceled' WHEN moment < starts THEN 'pending' WHEN moment <= ends THEN 'active'
                WHEN moment IS NULL THEN NULL WHEN succeeded THEN 'succeeded' WHEN NOT succeeded THEN 'defeated' END
$$;
COMMENT ON FUNCTION api_v1.offchain_state(boolean, timestamptz, timestamptz, boolean, timestamptz) IS 'State of an off-chain proposal at a moment; null: it hangs on a tally that is being counted anew.';

-- Index reads only, however many ballots there are. A tally of a larger log holds for this one too, if no ballot came between.
CREATE FUNCTION api_v1.offchain_tally(of_proposal bytea, log_size bigint, of_generation integer, of_block bytea)
RETURNS TABLE (size bigint, scores text, power numeric, ballots bigint, voters bigint, recounting boolean)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1 AS $$
DECLARE
    last_ballot CONSTANT bigint := (SELECT b.position FROM governance.ballot b WHERE b.proposal = of_proposal AND b.position < log_size
                                     ORDER BY b.position DESC LIMIT 1);
    next_ballot bigint;
    t record;
BEGIN
    IF last_ballot IS NULL THEN
        RETURN QUERY SELECT log_size, (SELECT json_agg('0'::text)::text FROM generate_series(1, p.n_choices)), 0::numeric, 0::bigint, 0::bigint, false
                       FROM governance.proposal p WHERE p.id = of_proposal AND p.position < log_size ORDER BY p.version DESC LIMIT 1;
        RETURN;
    END IF;
    SELECT * INTO t FROM governance.tally x WHERE x.proposal = of_proposal AND x.size <= log_size AND x.generation = of_generation AND x.block = of_block
     ORDER BY x.size DESC LIMIT 1;
    IF t.size IS NULL OR t.size <= last_ballot THEN
        next_ballot := (SELECT b.position FROM governance.ballot b WHERE b.proposal = of_proposal AND b.position >= log_size ORDER BY b.position LIMIT 1);
        SELECT * INTO t FROM (SELECT x.*, 0 AS place FROM governance.tally x WHERE x.proposal = of_proposal AND x.size > log_size
                                 AND x.size <= coalesce(next_ballot, 9223372036854775807) AND x.generation = of_generation AND x.block = of_block
                               UNION ALL
                              SELECT x.*, 1 FROM governance.tally x WHERE x.size = t.size AND x.proposal = of_proposal AND x.generation = of_generation
                                 AND x.block = of_block) u ORDER BY u.place, u.size LIMIT 1;
    END IF;
    RETURN QUERY SELECT CASE WHEN t.size > log_size THEN log_size ELSE t.size END, t.scores, t.power::numeric, t.ballots, t.voters, t.size IS NULL OR t.size <= last_ballot;
END $$;
COMMENT ON FUNCTION api_v1.offchain_tally(bytea, bigint, integer, bytea) IS 'Tally of an off-chain proposal with a size of the log, by the power that a generation of the books has at a basis (api_v1.basis_of). recounting: ballots are not in it yet; null: it is not counted at all.';

-- In plpgsql, so that its plan is made once a connection, and not with each statement and call.
CREATE FUNCTION api_v1.offchain_at(of_proposal bytea, log_size bigint, at_moment timestamptz)
RETURNS TABLE (id bytea, version integer, "position" bigint, created timestamptz, changed bigint, digest bytea, space text, parameters bigint, author bytea,
    type smallint, title text, body text, discussion text, choices text, n_choices integer, labels text, plugins text, app text, policy integer, rules integer,
    starts timestamptz, ends timestamptz, closes timestamptz, snapshot bigint, snapshot_hash bytea, snapshot_finality smallint, provisional boolean,
    basis bytea, generation integer, quorum numeric, canceled_by bytea, counted bigint, scores text, power numeric, ballots bigint, voters bigint,
    recounting boolean, quorum_reached boolean, vote_succeeded boolean, tie boolean, winner integer, succeeded boolean, state text, final boolean)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1 SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT p.id::bytea, p.version, f.position, f.received, p.position, p.digest::bytea, p.space, p.parameters, p.author::bytea, p.type, p.title, p.body,
           p.discussion, p.choices, p.n_choices, p.labels, p.plugins, p.app, p.policy, p.rules, p.starts, p.ends, p.closes, p.snapshot,
           (SELECT b.hash::bytea FROM mirror.chain h JOIN mirror.block b ON b.id = h.block WHERE h.number = p.snapshot),
           CASE WHEN p.snapshot <= c.finalized_number THEN 2::smallint WHEN p.snapshot <= c.safe_number THEN 1::smallint ELSE 0::smallint END,
           c.provisional, c.basis, c.generation, q.quorum, k.author::bytea, t.size, t.scores, t.power, t.ballots, t.voters, coalesce(t.recounting, true),
           o.quorum_reached, o.vote_succeeded, o.tie, o.winner, o.succeeded,
           api_v1.offchain_state(k.author IS NOT NULL, p.starts, p.ends, o.succeeded, at_moment),
           k.author IS NOT NULL OR (at_moment > p.closes AND NOT c.provisional AND NOT coalesce(t.recounting, true)) IS TRUE
      FROM (SELECT x.* FROM governance.proposal x WHERE x.id = of_proposal AND x.position < log_size ORDER BY x.version DESC LIMIT 1) p
     CROSS JOIN LATERAL (SELECT x.position, x.received FROM governance.proposal x WHERE x.id = of_proposal AND x.version = 1) f
     CROSS JOIN LATERAL (SELECT x.generation, x.finalized_number, x.safe_number, coalesce(p.snapshot > x.finalized_number, true) AS provisional,
                                api_v1.basis_of(p.snapshot) AS basis FROM mirror.cursor x OFFSET 0) c
     CROSS JOIN LATERAL (SELECT (s.parameters::json ->> 'quorum')::numeric AS quorum FROM governance.space s WHERE s.id = p.space AND s.position = p.parameters OFFSET 0) q
      LEFT JOIN governance.cancellation k ON k.proposal = of_proposal AND k.position < log_size
      LEFT JOIN LATERAL api_v1.offchain_tally(of_proposal, log_size, c.generation, c.basis) t ON true
      LEFT JOIN LATERAL api_v1.offchain_outcome(p.type, t.scores, t.power, q.quorum) o ON true;
END $$;
COMMENT ON FUNCTION api_v1.offchain_at(bytea, bigint, timestamptz) IS 'An off-chain proposal with a size of the log at a moment (api_v1.log_at); changed and digest are of its last version. No row: the log does not have it.';

CREATE FUNCTION api_v1.offchain_shape(of_proposal bytea, log_size bigint, at_moment timestamptz)
RETURNS TABLE (id bytea, source text, governor bytea, proposal_id numeric, proposer bytea, title bytea, description bytea, state text, snapshot bigint, deadline bigint,
    eta bigint, eta_time timestamptz, votes text, quorum numeric, quorum_reached boolean, vote_succeeded boolean, ballots bigint, uncounted_ballots bigint, clock text,
    snapshot_block bigint, token bytea, timelock bytea, undetermined text, block_number bigint, block_time timestamptz, log_index integer, tx_hash bytea,
    created timestamptz, space text, type smallint, choices text, scores text, scores_total numeric, voters bigint, discussion text, labels text, plugins text,
    app text, version integer, starts timestamptz, ends timestamptz, closes timestamptz, snapshot_block_hash bytea, snapshot_finality smallint, provisional boolean,
    policy integer, outcome text, final boolean, recounting boolean, canceled_by bytea, rules integer, parameters bigint, "position" bigint)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT s.id, 'offchain', NULL::bytea, NULL::numeric, s.author, convert_to(substr(s.title, 1, 4096), 'UTF8'), convert_to(s.body, 'UTF8'), s.state, s.snapshot,
           extract(epoch FROM s.ends)::bigint, 0::bigint, NULL::timestamptz,
           -- Basic voting: the first choice is for, the second against, the third abstains.
           CASE WHEN s.type = 0 AND s.scores IS NOT NULL
                THEN json_build_array(coalesce(s.scores::json ->> 1, '0'), coalesce(s.scores::json ->> 0, '0'), coalesce(s.scores::json ->> 2, '0'))::text END,
           s.quorum, s.quorum_reached, s.vote_succeeded, s.ballots, 0::bigint, NULL, s.snapshot, NULL::bytea, NULL::bytea, CASE WHEN s.state IS NULL THEN 'recounting' END,
           NULL::bigint, NULL::timestamptz, NULL::integer, NULL::bytea, s.created, s.space, s.type, s.choices, s.scores, s.power, s.voters, s.discussion, s.labels,
           s.plugins, s.app, s.version, s.starts, s.ends, s.closes, s.snapshot_hash, s.snapshot_finality, s.provisional, s.policy,
           CASE WHEN s.quorum_reached IS NOT NULL THEN json_build_array(s.quorum_reached, s.tie, s.winner, s.succeeded)::text END,
           s.final, s.recounting, s.canceled_by, s.rules, s.parameters, s.position
      FROM api_v1.offchain_at(of_proposal, log_size, at_moment) s
$$;
COMMENT ON FUNCTION api_v1.offchain_shape(bytea, bigint, timestamptz) IS 'The columns of a proposal of either source, for an off-chain one (api_v1.offchain_at).';

-- In plpgsql, so that its plan is made once a connection, and not with each statement and call.
CREATE FUNCTION api_v1.ballot_shape(of_position bigint, log_size bigint)
RETURNS TABLE (source text, voter bytea, kind text, support smallint, weight numeric, counted text, reason bytea, params bytea, block_number bigint,
    block_time timestamptz, log_index integer, tx_hash bytea, id bytea, "position" bigint, choice text, power numeric, counts boolean, previous bigint,
    superseded_by bigint, app text, metadata text, stamp timestamptz, received timestamptz, receipt_url text)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1 SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT 'offchain', b.voter::bytea, 'vote', NULL::smallint, NULL::numeric, NULL, convert_to(b.reason, 'UTF8'), NULL::bytea, NULL::bigint, NULL::timestamptz,
           NULL::integer, NULL::bytea, m.digest::bytea, b.position, b.choice, w.power::numeric, b.counts AND n.position IS NULL, b.previous,
           CASE WHEN b.counts THEN n.position ELSE b.previous END, b.app, b.metadata, b.stamp, b.received, '/v1/receipts/0x' || encode(m.digest, 'hex')
      FROM governance.ballot b
      JOIN governance.message m ON m.position = b.position
     CROSS JOIN LATERAL (SELECT c.generation, api_v1.basis_of(p.snapshot) AS basis FROM mirror.cursor c CROSS JOIN governance.proposal p
                          WHERE p.id = b.proposal AND p.version = 1 OFFSET 0) c
      LEFT JOIN governance.power w ON w.proposal = b.proposal AND w.voter = b.voter AND w.generation = c.generation AND w.block = c.basis
      LEFT JOIN LATERAL (SELECT x.position FROM governance.ballot x WHERE x.proposal = b.proposal AND x.voter = b.voter AND x.position > b.position
                            AND x.position < log_size AND x.counts ORDER BY x.position LIMIT 1) n ON true
     WHERE b.position = of_position;
END $$;
COMMENT ON FUNCTION api_v1.ballot_shape(bigint, bigint) IS 'The columns of a ballot of either source, for the off-chain one at a position of the log, as it counts with a size of the log.';
