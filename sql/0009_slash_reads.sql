-- sql/0009_slash_reads.sql - whom a slash hits and how hard: the rows behind impacts, simulations and statements of losses.
--
-- Functions that yield rows are one SELECT each, so that PostgreSQL inlines them: in order of their key, beyond one, at most so many
-- (null: all; `down`, which must be a literal: backwards, and what it decides is decided when the statement is planned), every value by one probe of its timeline's index. `until` is the last position that counts: the one before the slash's
-- own row, whose logs change nothing that is read here. Subqueries in the column list, not joins: a join would be memoized, and no
-- probe comes twice. Arithmetic is SlashingLib's: mulWad(x, y) = div(x * y, 1e18), rounded down; a slashing factor is the operator's
-- maximum magnitude, for beacon chain ETH mulWad that by the staker's beacon chain slashing factor.

CREATE FUNCTION api_v1.withdrawal_delay() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce((SELECT max((j.value #>> '{parameters,min_withdrawal_delay_blocks}')::bigint) FROM jsonb_array_elements(n.file -> 'contracts') j
                      WHERE j.value ->> 'kind' = 'eigenlayer.delegation_manager'),
                    (n.file #>> '{parameters,min_withdrawal_delay_blocks}')::bigint, 100800)
      FROM (SELECT c.network::jsonb AS file FROM mirror.cursor c) n
$$;
COMMENT ON FUNCTION api_v1.withdrawal_delay() IS 'MIN_WITHDRAWAL_DELAY_BLOCKS of the network: for how many blocks after its own a queued withdrawal can be slashed.';

CREATE FUNCTION api_v1.deposit_before(of_staker bytea, of_strategy bytea, moment bigint) RETURNS TABLE (shares numeric, scaling_factor numeric, doubt numeric)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT (SELECT t.balance FROM ledger.entry t WHERE t.position < moment AND t.account =
               (SELECT n.id FROM ledger.account n WHERE n.book = 6 AND n.asset = of_strategy AND n.owner = of_staker AND n.second = '')
             ORDER BY t.position DESC LIMIT 1),
           coalesce((SELECT t.factor FROM ledger.scaling_factor t WHERE t.staker = of_staker AND t.strategy = of_strategy AND t.position < moment
                      ORDER BY t.position DESC LIMIT 1), 1000000000000000000),
           CASE WHEN EXISTS (SELECT FROM ledger.deposit_doubt) THEN
               (SELECT t.most FROM ledger.deposit_doubt t WHERE t.staker = of_staker AND t.strategy = of_strategy AND t.position < moment
                 ORDER BY t.position DESC LIMIT 1) END
    OFFSET 0
$$;
COMMENT ON FUNCTION api_v1.deposit_before(bytea, bytea, bigint) IS 'Deposit shares of a staker just before a position (null: never any), their scaling factor, and by how much the true deposit shares may be less (null: exact).';

CREATE FUNCTION api_v1.factors_before(of_staker bytea, of_strategy bytea, moment bigint, m_before numeric, m_after numeric) RETURNS TABLE ("before" numeric, "after" numeric)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT CASE WHEN of_strategy <> '\xbeac0eeeeeeeeeeeeeeeeeeeeeeeeeeeeeebeac0' THEN m_before ELSE
               div(m_before * coalesce((SELECT t.factor FROM ledger.beacon_factor t WHERE t.staker = of_staker AND t.position < moment
                                         ORDER BY t.position DESC LIMIT 1), 1000000000000000000), 1000000000000000000) END,
           CASE WHEN of_strategy <> '\xbeac0eeeeeeeeeeeeeeeeeeeeeeeeeeeeeebeac0' THEN m_after ELSE
               div(m_after * coalesce((SELECT t.factor FROM ledger.beacon_factor t WHERE t.staker = of_staker AND t.position < moment
                                        ORDER BY t.position DESC LIMIT 1), 1000000000000000000), 1000000000000000000) END
$$;
COMMENT ON FUNCTION api_v1.factors_before(bytea, bytea, bigint, numeric, numeric) IS 'Slashing factors of a stake by one maximum magnitude and by another, just before a position.';

-- To leave an operator a staker undelegates: a row with the zero address.
CREATE FUNCTION api_v1.slashed_stakers(of_operator bytea, of_strategy bytea, until bigint, m_before numeric, m_after numeric, beyond bytea, most bigint, down boolean DEFAULT false)
RETURNS TABLE (staker bytea, "before" numeric, "after" numeric, unknown boolean) LANGUAGE sql STABLE PARALLEL SAFE ROWS 1000 AS $$
    SELECT q.staker, div(q.scaled * f.before, 1000000000000000000), div(q.scaled * f.after, 1000000000000000000), q.unknown
      FROM (SELECT d.staker::bytea, div(h.shares * h.scaling_factor, 1000000000000000000) AS scaled, coalesce(h.doubt > 0, false) AS unknown
              FROM (SELECT t.staker, max(t.position) AS since FROM ledger.delegation t
                     WHERE t.operator = of_operator AND CASE WHEN down THEN t.staker < beyond ELSE t.staker > beyond END AND t.position <= until
                     GROUP BY t.staker ORDER BY CASE WHEN down THEN t.staker END DESC, CASE WHEN NOT down THEN t.staker END) d
             CROSS JOIN LATERAL api_v1.deposit_before(d.staker, of_strategy, until + 1) h
             WHERE h.shares > 0 AND (SELECT t.position FROM ledger.delegation t WHERE t.operator = '\x0000000000000000000000000000000000000000'
                                        AND t.staker = d.staker AND t.position > d.since AND t.position <= until LIMIT 1) IS NULL
             ORDER BY CASE WHEN down THEN d.staker END DESC, CASE WHEN NOT down THEN d.staker END OFFSET 0) q
     CROSS JOIN LATERAL api_v1.factors_before(q.staker, of_strategy, until + 1, m_before, m_after) f
     ORDER BY CASE WHEN down THEN q.staker END DESC, CASE WHEN NOT down THEN q.staker END LIMIT most
$$;
COMMENT ON FUNCTION api_v1.slashed_stakers(bytea, bytea, bigint, numeric, numeric, bytea, bigint, boolean) IS 'Stakers who are delegated to an operator and have deposit shares in a strategy: withdrawable shares by one maximum magnitude and by another. unknown: the logs leave open how many deposit shares they have, and it is at most so much.';

-- DelegationManager._getSlashableSharesInQueue: what was queued in blocks [number - delay, number]. None of it can be completed before.
CREATE FUNCTION api_v1.slashed_withdrawals(of_operator bytea, of_strategy bytea, until bigint, number bigint, m_before numeric, m_after numeric, beyond bigint, most bigint, down boolean DEFAULT false)
RETURNS TABLE ("position" bigint, root bytea, staker bytea, scaled numeric, "before" numeric, "after" numeric) LANGUAGE sql STABLE PARALLEL SAFE ROWS 100 AS $$
    SELECT w.position, w.root::bytea, w.staker::bytea, q.scaled, q.before, q.after
      FROM ledger.withdrawal w
     CROSS JOIN LATERAL (SELECT sum(s.scaled_shares) AS scaled, sum(div(s.scaled_shares * f.before, 1000000000000000000)) AS "before",
                                sum(div(s.scaled_shares * f.after, 1000000000000000000)) AS "after"
                           FROM ledger.withdrawal_share s
                          CROSS JOIN LATERAL api_v1.factors_before(w.staker, of_strategy, until + 1, m_before, m_after) f
                          WHERE s.root = w.root AND s.strategy = of_strategy) q
     WHERE w.operator = of_operator AND CASE WHEN down THEN w.position < beyond ELSE w.position > beyond END AND w.position >= (number - (SELECT api_v1.withdrawal_delay())) << 32 AND w.position <= until
       AND w.state = 0 AND w.slashable_until >= number AND q.scaled IS NOT NULL
     ORDER BY CASE WHEN down THEN w.position END DESC, CASE WHEN NOT down THEN w.position END LIMIT most
$$;
COMMENT ON FUNCTION api_v1.slashed_withdrawals(bytea, bytea, bigint, bigint, numeric, numeric, bigint, bigint, boolean) IS 'Queued withdrawals of an operator''s stakers that a slash in the block would hit, with their scaled shares of a strategy and what those pay by one maximum magnitude and by another; in the order of queueing.';

-- Scaling factors are rounded down: what is lost of them stays with the operator and belongs to no staker.
CREATE FUNCTION api_v1.slash_losses(of_operator bytea, of_strategy bytea, until bigint, number bigint, m_before numeric, m_after numeric, operator_shares numeric)
RETURNS TABLE (stakers bigint, unknown bigint, staker_loss numeric, withdrawals bigint, withdrawal_loss numeric, dust numeric, dust_loss numeric) LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT s.n, s.unknown, s.loss, w.n, w.loss, d.dust, d.dust - div(d.dust * m_after + m_before - 1, m_before)
      FROM (SELECT count(*) AS n, count(*) FILTER (WHERE x.unknown) AS unknown, coalesce(sum(x.before - x.after) FILTER (WHERE NOT x.unknown), 0) AS loss,
                   coalesce(sum(x.before), 0) AS booked
              FROM api_v1.slashed_stakers(of_operator, of_strategy, until, m_before, m_after, '', NULL) x) s
     CROSS JOIN (SELECT count(*) AS n, coalesce(sum(x.before - x.after), 0) AS loss
                   FROM api_v1.slashed_withdrawals(of_operator, of_strategy, until, number, m_before, m_after, -1, NULL) x) w
     CROSS JOIN LATERAL (SELECT greatest(operator_shares - s.booked, 0) AS dust) d
$$;
COMMENT ON FUNCTION api_v1.slash_losses(bytea, bytea, bigint, bigint, numeric, numeric, numeric) IS 'How many stakers and queued withdrawals a slash hits and what they lose together (of stakers what is known; unknown: how many are not), and the operator shares that belong to no staker.';

CREATE FUNCTION api_v1.account_slashes(of_account bytea, until bigint)
RETURNS TABLE ("position" bigint, log_index integer, operator bytea, avs bytea, operator_set bigint, strategy bytea, place bigint, root bytea, "before" numeric, "after" numeric)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10 AS $$
    SELECT s.position, s.log_index, s.operator::bytea, s.avs::bytea, s.operator_set, t.strategy::bytea, k.place, k.root::bytea, q.before, q.after
      FROM (SELECT d.operator, d.since, d.ended, 0::bigint AS place, NULL::bytea AS root
              FROM (SELECT t.operator, t.position AS since, lead(t.position) OVER (ORDER BY t.position) AS ended
                      FROM ledger.delegation t WHERE t.staker = of_account) d
            UNION ALL
            SELECT w.operator, w.position, (w.slashable_until + 1) << 32, w.position, w.root FROM ledger.withdrawal w WHERE w.staker = of_account AND w.state = 0) k
      JOIN ledger.slash s ON s.operator = k.operator AND s.position > k.since AND s.position < coalesce(k.ended, 9223372036854775807)
      JOIN ledger.slash_strategy t ON t.operator = s.operator AND t.position > s.position AND t.position <= s.position + s.items
     CROSS JOIN LATERAL api_v1.factors_before(of_account, t.strategy, s.position, t.magnitude_before, t.magnitude_after) f
     CROSS JOIN LATERAL (
            SELECT div(h.scaled * f.before, 1000000000000000000) AS "before", div(h.scaled * f.after, 1000000000000000000) AS "after"
              FROM (SELECT CASE WHEN d.doubt > 0 THEN NULL ELSE div(d.shares * d.scaling_factor, 1000000000000000000) END AS scaled
                      FROM api_v1.deposit_before(of_account, t.strategy, s.position) d WHERE d.shares > 0) h
             WHERE k.root IS NULL
            UNION ALL
            SELECT sum(div(i.scaled_shares * f.before, 1000000000000000000)), sum(div(i.scaled_shares * f.after, 1000000000000000000))
              FROM ledger.withdrawal_share i WHERE i.root = k.root AND i.strategy = t.strategy HAVING count(*) > 0) q
     WHERE s.position <= until AND t.magnitude_after < t.magnitude_before
$$;
COMMENT ON FUNCTION api_v1.account_slashes(bytea, bigint) IS 'Each slash that hit an account''s delegated stake (place 0) or a withdrawal it had queued (place: the withdrawal''s position), with what that was worth in shares before and after; null where the logs leave it open.';

-- ---- simulations: the state that AllocationManager.slashOperator would find

CREATE FUNCTION api_v1.position_before(number bigint, log integer) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH b AS (SELECT number << 32 AS first, number << 32 | 4294967295 AS last)
    SELECT coalesce(min(x.position) - 1, (SELECT b.last FROM b)) FROM (
        SELECT min(t.position) AS position FROM b JOIN ledger.entry t ON t.position BETWEEN b.first AND b.last AND t.log_index >= log
        UNION ALL SELECT min(t.position) FROM b JOIN ledger.delegation t ON t.position BETWEEN b.first AND b.last AND t.log_index >= log
        UNION ALL SELECT min(t.position) FROM b JOIN ledger.scaling_factor t ON t.position BETWEEN b.first AND b.last AND t.log_index >= log
        UNION ALL SELECT min(t.position) FROM b JOIN ledger.deposit_doubt t ON t.position BETWEEN b.first AND b.last AND t.log_index >= log
        UNION ALL SELECT min(t.position) FROM b JOIN ledger.beacon_factor t ON t.position BETWEEN b.first AND b.last AND t.log_index >= log
        UNION ALL SELECT min(t.position) FROM b JOIN ledger.max_magnitude t ON t.position BETWEEN b.first AND b.last AND t.log_index >= log
        UNION ALL SELECT min(t.position) FROM b JOIN ledger.encumbered_magnitude t ON t.position BETWEEN b.first AND b.last AND t.log_index >= log
        UNION ALL SELECT min(t.position) FROM b JOIN ledger.allocation t ON t.position BETWEEN b.first AND b.last AND t.log_index >= log
        UNION ALL SELECT min(t.position) FROM b JOIN ledger.operator_set t ON t.position BETWEEN b.first AND b.last AND t.log_index >= log
        UNION ALL SELECT min(t.position) FROM b JOIN ledger.operator_set_strategy t ON t.position BETWEEN b.first AND b.last AND t.log_index >= log
        UNION ALL SELECT min(t.position) FROM b JOIN ledger.operator_set_member t ON t.position BETWEEN b.first AND b.last AND t.log_index >= log
        UNION ALL SELECT min(t.position) FROM b JOIN ledger.slasher t ON t.position BETWEEN b.first AND b.last AND t.log_index >= log
        UNION ALL SELECT min(t.position) FROM b JOIN ledger.withdrawal t ON t.position BETWEEN b.first AND b.last AND t.log_index >= log) x
$$;
COMMENT ON FUNCTION api_v1.position_before(bigint, integer) IS 'The last position of what slashes depend on before a log of a block; of a log that the block has not: the block''s last.';

-- AllocationManager._getUpdatedAllocation. getEncumberedMagnitude counts every deallocation whose time has come as done. What is stored,
-- and what a slash goes on from, does so only for the set's own: others wait in a queue, first in first out, until somebody clears it.
-- Which still wait is told by how much more is stored than the view answers.
CREATE FUNCTION api_v1.slash_state(of_operator bytea, of_avs bytea, of_operator_set bigint, of_strategy bytea, until bigint, number bigint)
RETURNS TABLE (included boolean, current numeric, pending numeric, effect_block bigint, max_magnitude numeric, encumbered numeric, encumbered_stored numeric, operator_shares numeric, queued_shares numeric)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    WITH last AS (
        SELECT DISTINCT ON (t.avs, t.operator_set) t.avs, t.operator_set, t.current::numeric, t.pending::numeric, t.effect_block,
               t.avs = of_avs AND t.operator_set = of_operator_set AS own, t.effect_block > number AS waits
          FROM ledger.allocation t WHERE t.operator = of_operator AND t.strategy = of_strategy AND t.position <= until
         ORDER BY t.avs, t.operator_set, t.position DESC),
    done AS (
        SELECT l.own, -l.pending AS freed, sum(-l.pending) OVER (ORDER BY l.effect_block DESC, q.position DESC) AS freed_since
          FROM last l
         CROSS JOIN LATERAL (SELECT min(t.position) AS position FROM ledger.allocation t
                              WHERE t.operator = of_operator AND t.avs = l.avs AND t.operator_set = l.operator_set AND t.strategy = of_strategy
                                AND t.effect_block = l.effect_block AND t.position <= until) q
         WHERE l.pending < 0 AND NOT l.waits),
    held AS (
        SELECT coalesce((SELECT sum(CASE WHEN l.waits THEN greatest(l.current, l.current + l.pending) ELSE l.current + l.pending END) FROM last l), 0) AS answered,
               coalesce((SELECT t.magnitude FROM ledger.encumbered_magnitude t WHERE t.operator = of_operator AND t.strategy = of_strategy
                            AND t.position <= until ORDER BY t.position DESC LIMIT 1), 0)::numeric AS stored)
    SELECT coalesce((SELECT t.included FROM ledger.operator_set_strategy t WHERE t.avs = of_avs AND t.operator_set = of_operator_set AND t.strategy = of_strategy
                        AND t.position <= until ORDER BY t.position DESC LIMIT 1), false),
           coalesce(CASE WHEN o.waits THEN o.current ELSE o.current + o.pending END, 0), coalesce(CASE WHEN o.waits THEN o.pending END, 0),
           coalesce(CASE WHEN o.waits THEN o.effect_block END, 0),
           coalesce((SELECT t.magnitude FROM ledger.max_magnitude t WHERE t.operator = of_operator AND t.strategy = of_strategy
                        AND t.position <= until ORDER BY t.position DESC LIMIT 1), 1000000000000000000)::numeric,
           h.answered, h.stored - coalesce((SELECT d.freed FROM done d WHERE d.own AND d.freed_since <= h.stored - h.answered), 0),
           coalesce((SELECT t.balance FROM ledger.entry t WHERE t.position <= until AND t.account =
                        (SELECT n.id FROM ledger.account n WHERE n.book = 8 AND n.asset = of_strategy AND n.owner = of_operator AND n.second = '')
                      ORDER BY t.position DESC LIMIT 1), 0)::numeric,
           coalesce((SELECT sum(w.scaled) FROM api_v1.slashed_withdrawals(of_operator, of_strategy, until, number, 0, 0, -1, NULL) w), 0)
      FROM held h LEFT JOIN last o ON o.own
$$;
COMMENT ON FUNCTION api_v1.slash_state(bytea, bytea, bigint, bytea, bigint, bigint) IS 'What a slash of an operator by an operator set in a block would find in a strategy at a position: whether the set has the strategy, the allocation as getAllocation answers, maximum and encumbered magnitude (as getEncumberedMagnitude answers, and as stored but for the set''s own deallocation), operator shares, scaled shares in the queue that it would reach.';
