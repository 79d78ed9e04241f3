-- sql/0010_stake_read.sql - what the views of EigenLayer's contracts answer as of a block: stake, withdrawals, operators, operator sets.
--
-- Each function but account_stake is one SELECT, so that PostgreSQL inlines it into the statement that calls it. `until` is the last position that
-- counts, `number` the block that it ends (number << 32 | 4294967295). Every value is one probe of its timeline's index; which keys
-- there are is found by hopping through the index, one probe each, however many rows it has. Rules and rounding: SlashingLib,
-- DelegationManager and AllocationManagerView v1.12.0; div() is exact and rounds down. Fractions are WAD.

CREATE FUNCTION api_v1.delegated_to(of_staker bytea, until bigint) RETURNS TABLE (operator bytea, since_block bigint) LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT d.operator::bytea, d.position >> 32
      FROM (SELECT t.operator, t.position FROM ledger.delegation t WHERE t.staker = of_staker AND t.position <= until ORDER BY t.position DESC LIMIT 1) d
     WHERE d.operator <> '\x0000000000000000000000000000000000000000'
$$;
COMMENT ON FUNCTION api_v1.delegated_to(bytea, bigint) IS 'The operator of a staker at a position, and since which block; no row: delegated to nobody.';

CREATE FUNCTION api_v1.slashing_factor(of_staker bytea, of_operator bytea, of_strategy bytea, magnitude_until bigint, beacon_until bigint)
RETURNS TABLE (factor numeric) LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT CASE WHEN of_strategy = '\xbeac0eeeeeeeeeeeeeeeeeeeeeeeeeeeeeebeac0' THEN
                div(m.magnitude * coalesce((SELECT t.factor FROM ledger.beacon_factor t WHERE t.staker = of_staker AND t.position <= beacon_until
                                             ORDER BY t.position DESC LIMIT 1), 1000000000000000000), 1000000000000000000)
                ELSE m.magnitude END
      FROM (SELECT coalesce((SELECT t.magnitude FROM ledger.max_magnitude t WHERE t.operator = of_operator AND t.strategy = of_strategy
                              AND t.position <= magnitude_until ORDER BY t.position DESC LIMIT 1), 1000000000000000000)::numeric AS magnitude OFFSET 0) m
$$;
COMMENT ON FUNCTION api_v1.slashing_factor(bytea, bytea, bytea, bigint, bigint) IS 'What slashes left of a stake: maximum magnitude of the operator (null: nobody, 1e18) at one position, for beacon chain ETH times the staker''s beacon chain slashing factor at another.';

CREATE FUNCTION api_v1.deposits(of_staker bytea, of_operator bytea, until bigint)
RETURNS TABLE (strategy bytea, shares numeric, doubt numeric, scaling_factor numeric, withdrawable_shares numeric) LANGUAGE sql STABLE PARALLEL SAFE ROWS 3 AS $$
    SELECT n.asset, e.balance::numeric,
           coalesce((SELECT t.most FROM ledger.deposit_doubt t WHERE t.staker = of_staker AND t.strategy = n.asset AND t.position <= until
                      ORDER BY t.position DESC LIMIT 1), 0)::numeric,
           k.factor, div(div(e.balance * k.factor, 1000000000000000000) * f.factor, 1000000000000000000)
      FROM ledger.account n
     CROSS JOIN LATERAL (SELECT x.balance FROM ledger.entry x WHERE x.account = n.id AND x.position <= until ORDER BY x.position DESC LIMIT 1) e
     CROSS JOIN LATERAL (SELECT coalesce((SELECT t.factor FROM ledger.scaling_factor t WHERE t.staker = of_staker AND t.strategy = n.asset
                                           AND t.position <= until ORDER BY t.position DESC LIMIT 1), 1000000000000000000)::numeric AS factor OFFSET 0) k
     CROSS JOIN LATERAL api_v1.slashing_factor(of_staker, of_operator, n.asset, until, until) f
     WHERE n.owner = of_staker AND n.book = 6 AND e.balance > 0
$$;
COMMENT ON FUNCTION api_v1.deposits(bytea, bytea, bigint) IS 'Deposit shares of a staker that are not zero, and what getWithdrawableShares answers. doubt: the true deposit shares may be less by as much, and withdrawable_shares with them.';

CREATE FUNCTION api_v1.withdrawals(of_staker bytea, until bigint)
RETURNS TABLE (root bytea, "position" bigint, operator bytea, withdrawer bytea, nonce numeric, start_block bigint, slashable_until bigint, state smallint, state_position bigint)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 3 AS $$
    SELECT w.root::bytea, w."position", w.operator::bytea, w.withdrawer::bytea, w.nonce::numeric, w.start_block, w.slashable_until, l.state, l.position
      FROM ledger.withdrawal w
     CROSS JOIN LATERAL (SELECT t.state, t.position FROM ledger.withdrawal t WHERE t.root = w.root AND t.position <= until ORDER BY t.position DESC LIMIT 1) l
     WHERE w.staker = of_staker AND w.position <= until AND w.state = 0
$$;
COMMENT ON FUNCTION api_v1.withdrawals(bytea, bigint) IS 'Withdrawals that a staker queued up to a position; state 0: still pending then.';

-- Completed ones are not few for a contract that stakes for many: one pass over all, without a probe each.
CREATE FUNCTION api_v1.pending_withdrawals(of_staker bytea, until bigint)
RETURNS TABLE (root bytea, "position" bigint, operator bytea, withdrawer bytea, nonce numeric, start_block bigint, slashable_until bigint)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 3 AS $$
    SELECT w.root::bytea, w."position", w.operator::bytea, w.withdrawer::bytea, w.nonce::numeric, w.start_block, w.slashable_until
      FROM (SELECT t.root, min(t."position") AS "position" FROM ledger.withdrawal t WHERE t.staker = of_staker AND t."position" <= until
             GROUP BY t.root HAVING max(t.state) = 0) p
     CROSS JOIN LATERAL (SELECT * FROM ledger.withdrawal t WHERE t.root = p.root AND t."position" = p."position" LIMIT 1) w
$$;
COMMENT ON FUNCTION api_v1.pending_withdrawals(bytea, bigint) IS 'Those of them that were still pending (getQueuedWithdrawals).';

CREATE FUNCTION api_v1.withdrawal_shares(of_root bytea, of_staker bytea, of_operator bytea, slashable_until bigint, until bigint)
RETURNS TABLE (item bigint, strategy bytea, scaled_shares numeric, deposit_shares numeric, shares numeric, withdrawable_shares numeric) LANGUAGE sql STABLE PARALLEL SAFE ROWS 2 AS $$
    SELECT s.item, s.strategy::bytea, s.scaled_shares::numeric, s.deposit_shares::numeric, s.shares::numeric, div(s.scaled_shares * f.factor, 1000000000000000000)
      FROM ledger.withdrawal_share s
     CROSS JOIN LATERAL api_v1.slashing_factor(of_staker, of_operator, s.strategy, least(until, slashable_until << 32 | 4294967295), until) f
     WHERE s.root = of_root AND s.position <= until
$$;
COMMENT ON FUNCTION api_v1.withdrawal_shares(bytea, bytea, bytea, bigint, bigint) IS 'What a withdrawal holds, and what its completion would pay: the slashing factor is of the last block that can slash it, or of now.';

CREATE FUNCTION api_v1.packed_deposits(of_staker bytea, of_operator bytea, until bigint) RETURNS TABLE (packed text) LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT json_agg(json_build_array('0x' || encode(d.strategy, 'hex'), CASE WHEN d.doubt = 0 THEN d.shares::text END, d.scaling_factor::text,
                                     CASE WHEN d.doubt = 0 THEN d.withdrawable_shares::text END,
                                     CASE WHEN d.doubt > 0 THEN json_build_array('withdrawal-took-unlogged-shares', (d.shares - d.doubt)::text, d.shares::text) END)
                    ORDER BY d.strategy)::text
      FROM api_v1.deposits(of_staker, of_operator, until) d
$$;
COMMENT ON FUNCTION api_v1.packed_deposits(bytea, bytea, bigint) IS 'Deposits of a staker as a JSON array of arrays: strategy, deposit shares, scaling factor, withdrawable shares, and why and between what the shares are undetermined; null: none.';

CREATE FUNCTION api_v1.packed_withdrawals(of_staker bytea, until bigint) RETURNS TABLE (packed text) LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT json_agg(json_build_array('0x' || encode(w.root, 'hex'), w.nonce::text, w.start_block, w.slashable_until,
                                     (SELECT coalesce(json_agg(json_build_array('0x' || encode(s.strategy, 'hex'), s.scaled_shares::text, s.withdrawable_shares::text) ORDER BY s.item), '[]')
                                        FROM api_v1.withdrawal_shares(w.root, of_staker, w.operator, w.slashable_until, until) s))
                    ORDER BY w.position)::text
      FROM api_v1.pending_withdrawals(of_staker, until) w
$$;
COMMENT ON FUNCTION api_v1.packed_withdrawals(bytea, bigint) IS 'Withdrawals of a staker that are pending (getQueuedWithdrawals) as a JSON array of arrays: root, nonce, start block, last slashable block, and per strategy scaled and withdrawable shares; null: none.';

-- In plpgsql: a statement sets up all of its plan each time, and most accounts have no stake.
CREATE FUNCTION api_v1.account_stake(of_account bytea, until bigint) RETURNS TABLE (operator bytea, stake text, withdrawals text) LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1 AS $$
BEGIN
    IF EXISTS (SELECT FROM ledger.account n WHERE n.owner = of_account AND n.book = 6) OR EXISTS (SELECT FROM ledger.delegation t WHERE t.staker = of_account) THEN
        RETURN QUERY
        SELECT g.operator, (SELECT p.packed FROM api_v1.packed_deposits(of_account, g.operator, until) p), (SELECT p.packed FROM api_v1.packed_withdrawals(of_account, until) p)
          FROM (VALUES (1)) one LEFT JOIN api_v1.delegated_to(of_account, until) g ON true;
    ELSE
        RETURN NEXT;
    END IF;
END $$;
COMMENT ON FUNCTION api_v1.account_stake(bytea, bigint) IS 'Operator of an account (null: delegated to nobody), its deposits and its pending withdrawals, packed.';

CREATE FUNCTION api_v1.operator_shares(of_operator bytea, until bigint) RETURNS TABLE (strategy bytea, shares numeric) LANGUAGE sql STABLE PARALLEL SAFE ROWS 3 AS $$
    SELECT n.asset, e.balance::numeric FROM ledger.account n
     CROSS JOIN LATERAL (SELECT x.balance FROM ledger.entry x WHERE x.account = n.id AND x.position <= until ORDER BY x.position DESC LIMIT 1) e
     WHERE n.owner = of_operator AND n.book = 8 AND e.balance > 0
$$;
COMMENT ON FUNCTION api_v1.operator_shares(bytea, bigint) IS 'Shares delegated to an operator that are not zero (getOperatorShares).';

CREATE FUNCTION api_v1.allocations(of_operator bytea, until bigint, number bigint)
RETURNS TABLE (avs bytea, operator_set bigint, strategy bytea, current_magnitude numeric, pending_diff numeric, effect_block bigint, slashable boolean, minimum_slashable_stake numeric)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10 AS $$
    WITH RECURSIVE k (avs, operator_set, strategy) AS (
        (SELECT t.avs::bytea, t.operator_set, t.strategy::bytea FROM ledger.allocation t WHERE t.operator = of_operator
          ORDER BY t.avs, t.operator_set, t.strategy LIMIT 1)
        UNION ALL
        SELECT n.avs, n.operator_set, n.strategy FROM k
         CROSS JOIN LATERAL (SELECT t.avs::bytea, t.operator_set, t.strategy::bytea FROM ledger.allocation t
                              WHERE t.operator = of_operator AND (t.avs, t.operator_set, t.strategy) > (k.avs, k.operator_set, k.strategy)
                              ORDER BY t.avs, t.operator_set, t.strategy LIMIT 1) n
    )
    SELECT k.avs, k.operator_set, k.strategy, l.current, l.pending, l.effect_block, s.slashable,
           CASE WHEN s.slashable AND m.factor > 0 THEN
                div(coalesce((SELECT e.balance FROM ledger.account a
                               CROSS JOIN LATERAL (SELECT x.balance FROM ledger.entry x WHERE x.account = a.id AND x.position <= until ORDER BY x.position DESC LIMIT 1) e
                               WHERE a.book = 8 AND a.asset = k.strategy AND a.owner = of_operator AND a.second = ''), 0) * div(l.current * 1000000000000000000, m.factor), 1000000000000000000)
                ELSE 0 END
      FROM k
     CROSS JOIN LATERAL (SELECT CASE WHEN t.effect_block > number THEN t.current::numeric ELSE t.current + t.pending END AS current,
                                CASE WHEN t.effect_block > number THEN t.pending::numeric ELSE 0 END AS pending,
                                CASE WHEN t.effect_block > number THEN t.effect_block ELSE 0 END AS effect_block
                           FROM ledger.allocation t
                          WHERE t.operator = of_operator AND t.avs = k.avs AND t.operator_set = k.operator_set AND t.strategy = k.strategy
                            AND t.position <= until ORDER BY t.position DESC LIMIT 1) l
     CROSS JOIN LATERAL (SELECT coalesce((SELECT t.registered OR t.slashable_until >= number FROM ledger.operator_set_member t
                                           WHERE t.operator = of_operator AND t.avs = k.avs AND t.operator_set = k.operator_set
                                             AND t.position <= until ORDER BY t.position DESC LIMIT 1), false) AS slashable OFFSET 0) s
     CROSS JOIN LATERAL api_v1.slashing_factor(NULL, of_operator, k.strategy, until, -1) m
$$;
COMMENT ON FUNCTION api_v1.allocations(bytea, bigint, bigint) IS 'Every allocation that an operator ever had, as getAllocation answers at the block (a pending change is complete once the block is effect_block or later); slashable: isOperatorSlashable; minimum_slashable_stake: getMinimumSlashableStake for that very block.';

CREATE FUNCTION api_v1.magnitudes(of_operator bytea, until bigint, number bigint)
RETURNS TABLE (strategy bytea, max_magnitude numeric, encumbered_magnitude numeric) LANGUAGE sql STABLE PARALLEL SAFE ROWS 3 AS $$
    WITH RECURSIVE k (strategy) AS (
        (SELECT t.strategy::bytea FROM ledger.max_magnitude t WHERE t.operator = of_operator ORDER BY t.strategy LIMIT 1)
        UNION ALL
        SELECT n.strategy FROM k CROSS JOIN LATERAL (SELECT t.strategy::bytea FROM ledger.max_magnitude t
                                                      WHERE t.operator = of_operator AND t.strategy > k.strategy ORDER BY t.strategy LIMIT 1) n
    ), l AS (
        SELECT l.strategy, greatest(l.current_magnitude, l.current_magnitude + l.pending_diff) AS encumbered FROM api_v1.allocations(of_operator, until, number) l
        UNION ALL SELECT k.strategy, 0 FROM k
    )
    SELECT l.strategy, m.factor, l.encumbered
      FROM (SELECT l.strategy, sum(l.encumbered) AS encumbered FROM l GROUP BY l.strategy) l
     CROSS JOIN LATERAL api_v1.slashing_factor(NULL, of_operator, l.strategy, until, -1) m
$$;
COMMENT ON FUNCTION api_v1.magnitudes(bytea, bigint, bigint) IS 'getMaxMagnitude and getEncumberedMagnitude (per set the larger of what is and what is to be) of each strategy that an operator ever allocated or was slashed in.';

CREATE FUNCTION api_v1.operator_memberships(of_operator bytea, until bigint, number bigint)
RETURNS TABLE (avs bytea, operator_set bigint, registered boolean, slashable boolean, slashable_until bigint) LANGUAGE sql STABLE PARALLEL SAFE ROWS 5 AS $$
    WITH RECURSIVE k (avs, operator_set) AS (
        (SELECT t.avs::bytea, t.operator_set FROM ledger.operator_set_member t WHERE t.operator = of_operator ORDER BY t.avs, t.operator_set LIMIT 1)
        UNION ALL
        SELECT n.avs, n.operator_set FROM k
         CROSS JOIN LATERAL (SELECT t.avs::bytea, t.operator_set FROM ledger.operator_set_member t
                              WHERE t.operator = of_operator AND (t.avs, t.operator_set) > (k.avs, k.operator_set) ORDER BY t.avs, t.operator_set LIMIT 1) n
    )
    SELECT k.avs, k.operator_set, l.registered, l.registered OR l.slashable_until >= number, l.slashable_until
      FROM k
     CROSS JOIN LATERAL (SELECT t.registered, t.slashable_until FROM ledger.operator_set_member t
                          WHERE t.operator = of_operator AND t.avs = k.avs AND t.operator_set = k.operator_set
                            AND t.position <= until ORDER BY t.position DESC LIMIT 1) l
$$;
COMMENT ON FUNCTION api_v1.operator_memberships(bytea, bigint, bigint) IS 'Operator sets that an operator ever registered for: whether it is registered, whether it can be slashed (isOperatorSlashable), the last block in which it can be after it left.';

CREATE FUNCTION api_v1.operator_set_members(of_avs bytea, of_operator_set bigint, until bigint, number bigint)
RETURNS TABLE (operator bytea, registered boolean, slashable boolean, slashable_until bigint) LANGUAGE sql STABLE PARALLEL SAFE ROWS 20 AS $$
    WITH RECURSIVE k (operator) AS (
        (SELECT t.operator::bytea FROM ledger.operator_set_member t WHERE t.avs = of_avs AND t.operator_set = of_operator_set ORDER BY t.operator LIMIT 1)
        UNION ALL
        SELECT n.operator FROM k
         CROSS JOIN LATERAL (SELECT t.operator::bytea FROM ledger.operator_set_member t
                              WHERE t.avs = of_avs AND t.operator_set = of_operator_set AND t.operator > k.operator ORDER BY t.operator LIMIT 1) n
    )
    SELECT k.operator, l.registered, l.registered OR l.slashable_until >= number, l.slashable_until
      FROM k
     CROSS JOIN LATERAL (SELECT t.registered, t.slashable_until FROM ledger.operator_set_member t
                          WHERE t.avs = of_avs AND t.operator_set = of_operator_set AND t.operator = k.operator
                            AND t.position <= until ORDER BY t.position DESC LIMIT 1) l
$$;
COMMENT ON FUNCTION api_v1.operator_set_members(bytea, bigint, bigint, bigint) IS 'Operators that ever registered for an operator set.';

CREATE FUNCTION api_v1.operator_set_strategies(of_avs bytea, of_operator_set bigint, until bigint) RETURNS TABLE (strategy bytea) LANGUAGE sql STABLE PARALLEL SAFE ROWS 5 AS $$
    WITH RECURSIVE k (strategy) AS (
        (SELECT t.strategy::bytea FROM ledger.operator_set_strategy t WHERE t.avs = of_avs AND t.operator_set = of_operator_set ORDER BY t.strategy LIMIT 1)
        UNION ALL
        SELECT n.strategy FROM k
         CROSS JOIN LATERAL (SELECT t.strategy::bytea FROM ledger.operator_set_strategy t
                              WHERE t.avs = of_avs AND t.operator_set = of_operator_set AND t.strategy > k.strategy ORDER BY t.strategy LIMIT 1) n
    )
    SELECT k.strategy
      FROM k
     CROSS JOIN LATERAL (SELECT t.included FROM ledger.operator_set_strategy t
                          WHERE t.avs = of_avs AND t.operator_set = of_operator_set AND t.strategy = k.strategy
                            AND t.position <= until ORDER BY t.position DESC LIMIT 1) l
     WHERE l.included
$$;
COMMENT ON FUNCTION api_v1.operator_set_strategies(bytea, bigint, bigint) IS 'Strategies that count in an operator set (getStrategiesInOperatorSet).';

CREATE FUNCTION api_v1.slasher(of_avs bytea, of_operator_set bigint, until bigint, number bigint)
RETURNS TABLE (slasher bytea, pending_slasher bytea, effect_block bigint) LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT nullif(CASE WHEN l.effect_block > number THEN l.slasher ELSE l.pending END, '\x0000000000000000000000000000000000000000')::bytea,
           CASE WHEN l.effect_block > number THEN l.pending::bytea END, CASE WHEN l.effect_block > number THEN l.effect_block ELSE 0 END
      FROM (VALUES (1)) one
      LEFT JOIN LATERAL (SELECT t.slasher, t.pending, t.effect_block FROM ledger.slasher t WHERE t.avs = of_avs AND t.operator_set = of_operator_set
                          AND t.position <= until ORDER BY t.position DESC LIMIT 1) l ON true
$$;
COMMENT ON FUNCTION api_v1.slasher(bytea, bigint, bigint, bigint) IS 'getSlasher (null: none is known) and getPendingSlasher (null, 0: none) of an operator set.';

CREATE FUNCTION api_v1.operator_sets(of_avs bytea, until bigint) RETURNS TABLE (avs bytea, id bigint, since_block bigint, recipient bytea) LANGUAGE sql STABLE PARALLEL SAFE ROWS 5 AS $$
    SELECT f.avs, f.operator_set, f.position >> 32,
           (SELECT nullif(t.recipient, '\x0000000000000000000000000000000000000000') FROM ledger.operator_set t
             WHERE t.operator_set = f.operator_set AND t.avs = f.avs AND t.position <= until ORDER BY t.position DESC LIMIT 1)::bytea
      FROM (SELECT DISTINCT ON (t.operator_set, t.avs) t.operator_set, t.avs::bytea, t.position FROM ledger.operator_set t
             WHERE (of_avs IS NULL OR t.avs = of_avs) AND t.position <= until ORDER BY t.operator_set, t.avs, t.position) f
$$;
COMMENT ON FUNCTION api_v1.operator_sets(bytea, bigint) IS 'Operator sets of an AVS (null: of all) that had been created by a position; recipient: where slashed shares go, null: they are burned.';

CREATE FUNCTION api_v1.operator_strategies(of_operator bytea, until bigint, number bigint)
RETURNS TABLE (strategy bytea, shares numeric, max_magnitude numeric, encumbered_magnitude numeric) LANGUAGE sql STABLE PARALLEL SAFE ROWS 3 AS $$
    SELECT coalesce(s.strategy, m.strategy), coalesce(s.shares, 0), coalesce(m.max_magnitude, 1000000000000000000), coalesce(m.encumbered_magnitude, 0)
      FROM api_v1.operator_shares(of_operator, until) s FULL JOIN api_v1.magnitudes(of_operator, until, number) m ON m.strategy = s.strategy
     WHERE s.shares > 0 OR m.max_magnitude <> 1000000000000000000 OR m.encumbered_magnitude <> 0
$$;
COMMENT ON FUNCTION api_v1.operator_strategies(bytea, bigint, bigint) IS 'Shares and magnitudes of an operator, by strategy; left out where all are as at first (0, 1e18, 0).';

CREATE FUNCTION api_v1.seconds_of(number bigint) RETURNS bigint LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT extract(epoch FROM b.time)::bigint FROM mirror.chain h JOIN mirror.block b ON b.id = h.block
             WHERE h.number <= seconds_of.number ORDER BY h.number DESC LIMIT 1);
END $$;
COMMENT ON FUNCTION api_v1.seconds_of(bigint) IS 'Unix time of the last canonical block at or before this number whose header is stored; null: none.';

-- In plpgsql, so that a page makes its own points only, however many lie before and behind it.
CREATE FUNCTION api_v1.history_points(head bigint, from_number bigint, from_time timestamptz, to_number bigint, to_time timestamptz,
                                      step bigint, in_time boolean, after bigint, points bigint, down boolean)
RETURNS TABLE (key bigint, number bigint) LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 50 AS $$
DECLARE
    lowest bigint := (SELECT h.number FROM mirror.chain h ORDER BY h.number LIMIT 1);
    first bigint;
    last bigint;
BEGIN
    IF in_time THEN
        lowest := api_v1.seconds_of(lowest);
        first := coalesce(extract(epoch FROM from_time)::bigint, (api_v1.seconds_of(from_number) + step - 1) / step * step, 0);
        last := least(coalesce(extract(epoch FROM to_time)::bigint, api_v1.seconds_of(to_number)), api_v1.seconds_of(head));
    ELSE
        first := coalesce(from_number, api_v1.number_at(from_time), lowest);
        last := least(CASE WHEN to_time IS NULL THEN to_number ELSE coalesce(api_v1.number_at(to_time), -1) END, head);
    END IF;
    first := first + (greatest(lowest - first, 0) + step - 1) / step * step;
    IF down THEN
        last := least(last, after - 1);
        key := last - (last - first) % step;
    ELSIF after >= first THEN
        key := first + ((after - first) / step + 1) * step;
    ELSE
        key := first;
    END IF;
    WHILE points > 0 AND key BETWEEN first AND last LOOP
        number := CASE WHEN in_time THEN api_v1.number_at(to_timestamp(key)) ELSE key END;
        RETURN NEXT;
        key := key + CASE WHEN down THEN -step ELSE step END;
        points := points - 1;
    END LOOP;
END $$;
COMMENT ON FUNCTION api_v1.history_points(bigint, bigint, timestamptz, bigint, timestamptz, bigint, boolean, bigint, bigint, boolean) IS 'Points of a history behind the key `after` (down: before it, backwards): block numbers, or (in_time) unix times with the last block at or before each. They are from, from + step, ... up to `to` and the head; without from (in_time: or with a block as from) they begin at a multiple of step since 1970.';
