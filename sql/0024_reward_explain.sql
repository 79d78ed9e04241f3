-- sql/0024_reward_explain.sql - why a payout is what it is: the steps from a submission, or the income of an epoch, to it.
--
-- A step is an object {title, inputs, formula, rounding, output, events}; figures are texts of integers. A formula names inputs; of a list it says
-- sum(list, what to sum of each item). floor(x / y) rounds down; nothing else is rounded.

CREATE FUNCTION api_v1.event_at(of_position bigint, of_log_index integer) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object('id', '0x' || encode(b.hash, 'hex') || '-' || e.log_index, 'type', t.name, 'block_number', e.number, 'log_index', e.log_index,
                             'tx_hash', '0x' || encode(e.tx_hash, 'hex'))
      FROM mirror.chain h JOIN mirror.block b ON b.id = h.block JOIN mirror.event e ON e.block = h.block AND e.log_index = of_log_index
      LEFT JOIN mirror.event_type t ON t.id = e.type
     WHERE h.number = of_position >> 32
$$;
COMMENT ON FUNCTION api_v1.event_at(bigint, integer) IS 'The event that booked a row, as explanations name it; null: none did.';

CREATE FUNCTION api_v1.step(title text, inputs json, formula text, name text, value numeric, events json) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object('title', title, 'inputs', inputs, 'formula', formula, 'rounding', CASE WHEN formula LIKE '%floor(%' THEN 'floor' ELSE 'none' END,
                             'output', json_build_object(name, value::text), 'events', coalesce(events, '[]'))
$$;
COMMENT ON FUNCTION api_v1.step(text, json, text, text, numeric, json) IS 'A step of an explanation, whose output is one figure.';

CREATE FUNCTION api_v1.collector(of_address bytea) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT j.value -> 'parameters' FROM mirror.cursor c CROSS JOIN LATERAL jsonb_array_elements(c.network::jsonb -> 'contracts') j
     WHERE j.value ->> 'kind' = 'fee_collector' AND decode(substr(j.value ->> 'address', 3), 'hex') = of_address
$$;
COMMENT ON FUNCTION api_v1.collector(bytea) IS 'Parameters of a fee collector in the network file.';

CREATE FUNCTION api_v1.fee_sets(of_collector bytea, of_operator bytea, until bigint, number bigint)
RETURNS TABLE (place bigint, avs bytea, operator_set bigint, "position" bigint, log_index integer) LANGUAGE sql STABLE PARALLEL SAFE ROWS 3 AS $$
    SELECT j.place, k.avs, k.operator_set, m.position, m.log_index
      FROM jsonb_array_elements(api_v1.collector(of_collector) -> 'operator_sets') WITH ORDINALITY AS j (value, place)
     CROSS JOIN LATERAL (SELECT decode(substr(j.value ->> 'avs', 3), 'hex') AS avs, (j.value ->> 'id')::bigint AS operator_set OFFSET 0) k
     CROSS JOIN LATERAL (SELECT t.registered, t.slashable_until, t.position, t.log_index FROM ledger.operator_set_member t
                          WHERE t.operator = of_operator AND t.avs = k.avs AND t.operator_set = k.operator_set AND t.position <= until
                          ORDER BY t.position DESC LIMIT 1) m
     WHERE m.registered OR m.slashable_until >= number
$$;
COMMENT ON FUNCTION api_v1.fee_sets(bytea, bytea, bigint, bigint) IS 'The operator sets that a fee collector names in which an operator is slashable, in the collector''s order, with the event that made it so.';

-- In plpgsql: each kind has a plan of its own.
CREATE FUNCTION api_v1.counted_strategies(of_submission bytea, of_kind smallint, of_avs bytea, of_operator_set bigint, of_collector bytea, of_operator bytea, until bigint, number bigint)
RETURNS TABLE (avs bytea, operator_set bigint, strategy bytea, multiplier numeric) LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 3 AS $$
#variable_conflict use_column
BEGIN
    IF of_kind = 8 THEN
        RETURN QUERY SELECT f.avs, f.operator_set, s.strategy, 1::numeric FROM api_v1.fee_sets(of_collector, of_operator, until, number) f
                      CROSS JOIN LATERAL api_v1.operator_set_strategies(f.avs, f.operator_set, until) s ORDER BY f.place, s.strategy;
    ELSE
        RETURN QUERY SELECT of_avs, of_operator_set, t.strategy::bytea, t.multiplier::numeric FROM ledger.reward_strategy t
                      WHERE t.submission = of_submission AND (of_kind < 5 OR EXISTS (SELECT FROM api_v1.operator_set_strategies(of_avs, of_operator_set, until) s WHERE s.strategy = t.strategy))
                      ORDER BY t.item;
    END IF;
END $$;
COMMENT ON FUNCTION api_v1.counted_strategies(bytea, smallint, bytea, bigint, bytea, bytea, bigint, bigint) IS 'Strategies that count for an operator (null: for all) in a submission at a snapshot, with their multipliers; of fees once for each set.';

CREATE FUNCTION api_v1.events_of(variadic places text[]) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_agg(v.event ORDER BY v.position, v.log_index)
      FROM (SELECT DISTINCT split_part(p.place, ' ', 1)::bigint AS position, split_part(p.place, ' ', 2)::integer AS log_index FROM unnest(places) p (place) WHERE p.place IS NOT NULL) q
     CROSS JOIN LATERAL (SELECT q.position, q.log_index, api_v1.event_at(q.position, q.log_index) AS event OFFSET 0) v
     WHERE v.event IS NOT NULL
$$;
COMMENT ON FUNCTION api_v1.events_of(text[]) IS 'The events of rows, each named by its position and log index with a blank between; in chain order, each once.';

CREATE FUNCTION api_v1.operator_weights(of_submission bytea, of_kind smallint, of_avs bytea, of_operator_set bigint, of_collector bytea, of_operator bytea, until bigint, number bigint)
RETURNS TABLE (strategy bytea, avs bytea, operator_set bigint, multiplier numeric, shares numeric, magnitude numeric, max_magnitude numeric, places text[])
LANGUAGE sql STABLE PARALLEL SAFE ROWS 3 AS $$
    SELECT c.strategy, c.avs, c.operator_set, c.multiplier, e.balance, coalesce(a.magnitude, 0), coalesce(x.magnitude, 1000000000000000000),
           ARRAY[e.place] || CASE WHEN of_kind IN (6, 8) THEN ARRAY[a.place, x.place] END
      FROM api_v1.counted_strategies(of_submission, of_kind, of_avs, of_operator_set, of_collector, of_operator, until, number) c
     CROSS JOIN LATERAL (SELECT t.balance::numeric, t.position || ' ' || t.log_index AS place FROM ledger.entry t
                          WHERE t.account = (SELECT n.id FROM ledger.account n WHERE n.book = 8 AND n.asset = c.strategy AND n.owner = of_operator AND n.second = '')
                            AND t.position <= until ORDER BY t.position DESC LIMIT 1) e
      LEFT JOIN LATERAL (SELECT CASE WHEN t.effect_block > number THEN t.current::numeric ELSE t.current + t.pending END AS magnitude, t.position || ' ' || t.log_index AS place
                           FROM ledger.allocation t WHERE t.operator = of_operator AND t.avs = c.avs AND t.operator_set = c.operator_set AND t.strategy = c.strategy
                            AND t.position <= until ORDER BY t.position DESC LIMIT 1) a ON true
      LEFT JOIN LATERAL (SELECT t.magnitude::numeric, t.position || ' ' || t.log_index AS place FROM ledger.max_magnitude t
                          WHERE t.operator = of_operator AND t.strategy = c.strategy AND t.position <= until ORDER BY t.position DESC LIMIT 1) x ON true
     WHERE e.balance > 0
$$;
COMMENT ON FUNCTION api_v1.operator_weights(bytea, smallint, bytea, bigint, bytea, bytea, bigint, bigint) IS 'What an operator weighs in a submission at a snapshot, by strategy: shares, and (unique_stake, fee) magnitude allocated and maximum magnitude; with the places of the events that made them so.';

CREATE FUNCTION api_v1.staker_weights(of_submission bytea, of_kind smallint, of_avs bytea, of_operator_set bigint, of_collector bytea, of_operator bytea, of_staker bytea, until bigint, number bigint)
RETURNS TABLE (strategy bytea, multiplier numeric, deposit_shares numeric, scaling_factor numeric, max_magnitude numeric, beacon_factor numeric, places text[])
LANGUAGE sql STABLE PARALLEL SAFE ROWS 3 AS $$
    SELECT c.strategy, c.multiplier, e.balance, coalesce(k.factor, 1000000000000000000), coalesce(x.magnitude, 1000000000000000000), coalesce(b.factor, 1000000000000000000),
           ARRAY[e.place, k.place, x.place, b.place]
      FROM api_v1.delegated_to(of_staker, until) g RIGHT JOIN (VALUES (1)) one ON true
     CROSS JOIN LATERAL api_v1.counted_strategies(of_submission, of_kind, of_avs, of_operator_set, of_collector, of_operator, until, number) c
     CROSS JOIN LATERAL (SELECT t.balance::numeric, t.position || ' ' || t.log_index AS place FROM ledger.entry t
                          WHERE t.account = (SELECT n.id FROM ledger.account n WHERE n.book = 6 AND n.asset = c.strategy AND n.owner = of_staker AND n.second = '')
                            AND t.position <= until ORDER BY t.position DESC LIMIT 1) e
      LEFT JOIN LATERAL (SELECT t.factor::numeric, t.position || ' ' || t.log_index AS place FROM ledger.scaling_factor t
                          WHERE t.staker = of_staker AND t.strategy = c.strategy AND t.position <= until ORDER BY t.position DESC LIMIT 1) k ON true
      LEFT JOIN LATERAL (SELECT t.magnitude::numeric, t.position || ' ' || t.log_index AS place FROM ledger.max_magnitude t
                          WHERE t.operator = g.operator AND t.strategy = c.strategy AND t.position <= until ORDER BY t.position DESC LIMIT 1) x ON true
      LEFT JOIN LATERAL (SELECT t.factor::numeric, t.position || ' ' || t.log_index AS place FROM ledger.beacon_factor t
                          WHERE t.staker = of_staker AND t.position <= until ORDER BY t.position DESC LIMIT 1) b ON c.strategy = '\xbeac0eeeeeeeeeeeeeeeeeeeeeeeeeeeeeebeac0'
     WHERE e.balance > 0
$$;
COMMENT ON FUNCTION api_v1.staker_weights(bytea, smallint, bytea, bigint, bytea, bytea, bytea, bigint, bigint) IS 'What a staker weighs in a submission at a snapshot, by strategy: what its withdrawable shares follow from; with the places of the events that made them so.';

CREATE FUNCTION api_v1.split_at(of_kind smallint, of_distributor bytea, of_avs bytea, of_operator_set bigint, of_operator bytea, until bigint, midnight bigint)
RETURNS TABLE (holds text, old_bips bigint, new_bips bigint, activated_at bigint, default_bips numeric, places text[]) LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT CASE WHEN t.activated_at < midnight THEN 'new_bips' WHEN NOT t.first THEN 'old_bips' ELSE 'default_bips' END, t.old_bips, t.new_bips, t.activated_at,
           coalesce(d.number, (c.network::jsonb #>> '{parameters,default_operator_split_bips}')::numeric, 1000), ARRAY[t.place, d.place]
      FROM mirror.cursor c
      LEFT JOIN LATERAL (SELECT t.*, t.position || ' ' || t.log_index AS place FROM ledger.reward_split t
                          WHERE t.operator = of_operator AND t.avs = CASE WHEN of_kind = 3 THEN decode(repeat('00', 20), 'hex') ELSE of_avs END
                            AND t.operator_set = CASE WHEN of_kind IN (5, 6, 7, 8) THEN of_operator_set ELSE -1 END AND t.distributor = of_distributor AND t.position <= until
                          ORDER BY t.position DESC LIMIT 1) t ON true
      LEFT JOIN LATERAL (SELECT t.number::numeric, t.position || ' ' || t.log_index AS place FROM ledger.reward_setting t
                          WHERE t.setting = 2 AND t.distributor = of_distributor AND t.position <= until ORDER BY t.position DESC LIMIT 1) d ON true
$$;
COMMENT ON FUNCTION api_v1.split_at(smallint, bytea, bytea, bigint, bytea, bigint, bigint) IS 'An operator''s split at a midnight: which of old, new and default holds, and what each is.';

CREATE FUNCTION api_v1.registered_runs(of_kind smallint, of_avs bytea, of_operator_set bigint, of_operator bytea, first_day bigint, last_day bigint, until bigint)
RETURNS TABLE (day bigint, days bigint, snapshot_block bigint) LANGUAGE sql STABLE PARALLEL SAFE ROWS 10 AS $$
    SELECT greatest(r.day, first_day), least(r.next_day - 1, last_day) - greatest(r.day, first_day) + 1, r.last_block
      FROM ledger.reward_day r
     WHERE r.day <= last_day AND r.next_day > first_day AND r.position <= until
       AND ((of_kind = 4 AND coalesce((SELECT t.registered FROM ledger.avs_registration t WHERE t.operator = of_operator AND t.avs = of_avs
                                          AND t.position <= (r.last_block << 32 | 4294967295) ORDER BY t.position DESC LIMIT 1), false))
            OR EXISTS (SELECT FROM (SELECT DISTINCT ON (t.operator_set) t.registered FROM ledger.operator_set_member t
                                     WHERE t.operator = of_operator AND t.avs = of_avs AND (of_kind = 4 OR t.operator_set = of_operator_set)
                                       AND t.position <= (r.last_block << 32 | 4294967295) ORDER BY t.operator_set, t.position DESC) m WHERE m.registered))
$$;
COMMENT ON FUNCTION api_v1.registered_runs(smallint, bytea, bigint, bytea, bigint, bigint, bigint) IS 'Runs of days with one snapshot each on which an operator was registered with an AVS (in a set): first day, how many, snapshot.';

-- From the submission, or the income of the epoch, to the pool of a day: its steps, and the pool.
CREATE FUNCTION api_v1.explained_pool(of_submission bytea, of_role integer, until bigint) RETURNS TABLE (steps json[], pool numeric) LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
#variable_conflict use_column
DECLARE
    s record;
    f record;
    days numeric;
    parameters jsonb;
    part text := CASE WHEN of_role = 4 THEN 'treasury' ELSE 'operators' END;
    bips numeric;
    most_payments CONSTANT bigint := 1000; -- listed and linked one by one
BEGIN
    SELECT * INTO STRICT s FROM ledger.reward_submission t WHERE t.submission = of_submission ORDER BY t.position LIMIT 1;
    IF s.kind = 8 THEN
        SELECT coalesce(json_agg(json_build_object('value', e.delta::text) ORDER BY e.position) FILTER (WHERE e.number <= most_payments), '[]') AS shown,
               coalesce(sum(e.delta) FILTER (WHERE e.number > most_payments), 0)::numeric AS others, sum(e.delta)::numeric AS income, count(*) AS n,
               array_agg(e.position || ' ' || e.log_index) FILTER (WHERE e.number <= most_payments) AS places
          INTO f
          FROM (SELECT t.position, t.log_index, t.delta, row_number() OVER (ORDER BY t.position) AS number FROM ledger.entry t
                 WHERE t.account = (SELECT n.id FROM ledger.account n WHERE n.book = 60 AND n.asset = s.token AND n.owner = s.submitter AND n.second = of_submission)
                   AND t.log_index >= 0 AND t.delta > 0 AND t.position <= until) e;
        parameters := api_v1.collector(s.distributor);
        bips := coalesce((parameters ->> (part || '_bips'))::numeric, CASE part WHEN 'operators' THEN 10000 ELSE 0 END);
        pool := div(f.income * bips, 10000);
        steps := ARRAY[
            api_v1.step('The income of the epoch: ' || f.n || ' payments to the fee collector (at most ' || most_payments || ' are listed, the rest is their sum).',
                        json_build_object('payments', f.shown, 'others', f.others::text), 'sum(payments, value) + others', 'income', f.income, api_v1.events_of(VARIADIC f.places)),
            api_v1.step('The part of it that the network file gives to the ' || part || '.',
                        json_build_object('income', f.income::text, part || '_bips', bips::text), format('floor(income * %s_bips / 10000)', part), 'pool', pool, NULL)];
    ELSE
        days := div(s.start_time + s.duration, 86400) - div(s.start_time, 86400);
        pool := div(s.amount::numeric, days);
        steps := ARRAY[
            api_v1.step('The days of the submission: the midnights after its start, up to its end.',
                        json_build_object('start_time', s.start_time::text, 'duration', s.duration::text), 'floor((start_time + duration) / 86400) - floor(start_time / 86400)', 'days', days,
                        api_v1.events_of(s.position || ' ' || s.log_index)),
            api_v1.step('The pool of a day.', json_build_object('amount', s.amount::text, 'days', days::text), 'floor(amount / days)', 'pool', pool, api_v1.events_of(s.position || ' ' || s.log_index))];
    END IF;
    RETURN NEXT;
END $$;
COMMENT ON FUNCTION api_v1.explained_pool(bytea, integer, bigint) IS 'Steps from a submission that is shared by weight, or from the income of an epoch, to the pool of one of its days.';

-- Operator-directed: from what is listed for an operator to its part of a day. Whoever was never registered: to the refund.
CREATE FUNCTION api_v1.explained_listing(of_submission bytea, of_operator bytea, of_role integer, until bigint) RETURNS TABLE (steps json[], part numeric) LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
#variable_conflict use_column
DECLARE
    s record;
    l record;
    r record;
    runs json;
    first_day bigint;
    last_day bigint;
BEGIN
    SELECT * INTO STRICT s FROM ledger.reward_submission t WHERE t.submission = of_submission ORDER BY t.position LIMIT 1;
    first_day := s.start_time / 86400;
    last_day := (s.start_time + s.duration) / 86400 - 1;
    SELECT coalesce(json_agg(json_build_object('operator', '0x' || encode(t.operator, 'hex'), 'amount', t.amount::text) ORDER BY t.item), '[]') AS items, coalesce(sum(t.amount), 0)::numeric AS amount
      INTO l
      FROM ledger.reward_operator t
     WHERE t.submission = of_submission
       AND CASE WHEN of_role <> 3 THEN t.operator = of_operator
                ELSE NOT EXISTS (SELECT FROM api_v1.registered_runs(s.kind, s.avs, s.operator_set, t.operator, first_day, last_day, until)) END;
    IF of_role = 3 THEN
        part := l.amount;
        steps := ARRAY[api_v1.step('What is listed for operators that were registered on none of the submission''s days goes back to the AVS.', json_build_object('listed', l.items),
                                   'sum(listed, amount)', 'refund', part, api_v1.events_of(s.position || ' ' || s.log_index))];
    ELSE
        SELECT coalesce(json_agg(json_build_object('day', api_v1.day_text(q.day), 'days', q.days::text, 'snapshot_block', q.snapshot_block::text) ORDER BY q.day), '[]') AS items, sum(q.days)::numeric AS days
          INTO r
          FROM api_v1.registered_runs(s.kind, s.avs, s.operator_set, of_operator, first_day, last_day, until) q;
        part := div(l.amount, r.days);
        steps := ARRAY[
            api_v1.step('What the submission lists for the operator.', json_build_object('listed', l.items), 'sum(listed, amount)', 'listed_amount', l.amount, api_v1.events_of(s.position || ' ' || s.log_index)),
            api_v1.step('The days of the submission on which the operator was registered: runs of days that have the same snapshot.', json_build_object('registered', r.items),
                        'sum(registered, days)', 'registered_days', r.days, (SELECT api_v1.events_of(VARIADIC array_agg(m.position || ' ' || m.log_index))
                            FROM (SELECT t.position, t.log_index FROM ledger.avs_registration t WHERE s.kind = 4 AND t.operator = of_operator AND t.avs = s.avs AND t.position <= until
                                  UNION ALL
                                  SELECT t.position, t.log_index FROM ledger.operator_set_member t
                                   WHERE t.operator = of_operator AND t.avs = s.avs AND (s.kind = 4 OR t.operator_set = s.operator_set) AND t.position <= until) m)),
            api_v1.step('The operator''s part of a day.', json_build_object('listed_amount', l.amount::text, 'registered_days', r.days::text), 'floor(listed_amount / registered_days)', 'part', part, NULL)];
    END IF;
    RETURN NEXT;
END $$;
COMMENT ON FUNCTION api_v1.explained_listing(bytea, bytea, integer, bigint) IS 'Steps from an operator-directed submission to an operator''s part of a day, or to the refund.';

CREATE FUNCTION api_v1.explained_part(s record, of_operator bytea, pool numeric, total_weight numeric, until bigint, number bigint, OUT steps json[], OUT part numeric) LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    by_magnitude boolean := s.kind IN (6, 8);
    w record;
BEGIN
    SELECT coalesce(json_agg(CASE WHEN by_magnitude THEN
                    json_build_object('strategy', '0x' || encode(q.strategy, 'hex'), 'avs', '0x' || encode(q.avs, 'hex'), 'operator_set', q.operator_set::text, 'multiplier', q.multiplier::text,
                                      'shares', q.shares::text, 'magnitude', q.magnitude::text, 'max_magnitude', q.max_magnitude::text)
                    ELSE json_build_object('strategy', '0x' || encode(q.strategy, 'hex'), 'multiplier', q.multiplier::text, 'shares', q.shares::text) END), '[]') AS items,
           coalesce(sum(q.multiplier * CASE WHEN by_magnitude THEN div(q.shares * q.magnitude, q.max_magnitude) ELSE q.shares END), 0)::numeric AS weight,
           string_agg(array_to_string(q.places, ','), ',') AS places
      INTO w
      FROM api_v1.operator_weights(s.submission, s.kind, s.avs, s.operator_set, s.distributor, of_operator, until, number) q
     WHERE NOT by_magnitude OR q.max_magnitude > 0;
    part := div(pool * w.weight, total_weight);
    steps := ARRAY[
        api_v1.step('The operator''s weight at the day''s snapshot, the end of block ' || number || '.', json_build_object('strategies', w.items),
                    CASE WHEN by_magnitude THEN 'sum(strategies, multiplier * floor(shares * magnitude / max_magnitude))' ELSE 'sum(strategies, multiplier * shares)' END,
                    'operator_weight', w.weight, api_v1.events_of(VARIADIC string_to_array(w.places, ','))),
        api_v1.step('The operator''s part of the pool; total_weight is the sum of the weights of all operators (/v1/rewards/shares).',
                    json_build_object('pool', pool::text, 'operator_weight', w.weight::text, 'total_weight', total_weight::text), 'floor(pool * operator_weight / total_weight)', 'part', part, NULL)];
END $$;
COMMENT ON FUNCTION api_v1.explained_part(record, bytea, numeric, numeric, bigint, bigint) IS 'Steps from a pool (of a row of ledger.reward_submission) to an operator''s part of it.';

CREATE FUNCTION api_v1.explained_split(s record, of_operator bytea, part numeric, of_day bigint, until bigint, number bigint, OUT steps json[], OUT commission numeric) LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    midnight bigint := (of_day + 1) * 86400;
    party bytea := s.avs;
    set_id bigint := s.operator_set;
    coordinator bytea := s.distributor;
    b record;
    bips numeric;
BEGIN
    IF s.kind = 8 THEN
        SELECT f.avs, f.operator_set INTO party, set_id FROM api_v1.fee_sets(s.distributor, of_operator, until, number) f ORDER BY f.place LIMIT 1;
        coordinator := (SELECT c.address FROM api_v1.contracts() c WHERE c.kind = 'eigenlayer.rewards_coordinator' ORDER BY c.address LIMIT 1);
    END IF;
    SELECT * INTO STRICT b FROM api_v1.split_at(s.kind, coordinator, party, set_id, of_operator, until, midnight);
    bips := least(CASE b.holds WHEN 'new_bips' THEN b.new_bips WHEN 'old_bips' THEN b.old_bips ELSE b.default_bips END, 10000);
    commission := div(part * bips, 10000);
    steps := ARRAY[
        api_v1.step(CASE WHEN b.activated_at IS NULL THEN 'The operator set no split: the default holds.'
                         WHEN b.holds = 'new_bips' THEN 'The operator''s newest split is in force since before midnight.'
                         WHEN b.holds = 'old_bips' THEN 'The operator''s newest split is not in force yet: the one before it holds.'
                         ELSE 'The operator''s first split is not in force yet: the default holds.' END,
                    json_build_object('midnight', midnight::text, 'activated_at', b.activated_at::text, 'old_bips', b.old_bips::text, 'new_bips', b.new_bips::text, 'default_bips', b.default_bips::text),
                    format('min(%s, 10000)', b.holds), 'split_bips', bips, api_v1.events_of(VARIADIC b.places)),
        api_v1.step('The operator''s commission.', json_build_object('part', part::text, 'split_bips', bips::text), 'floor(part * split_bips / 10000)', 'commission', commission, NULL)];
END $$;
COMMENT ON FUNCTION api_v1.explained_split(record, bytea, numeric, bigint, bigint, bigint) IS 'Steps from an operator''s part to its commission, by the split in force at the day''s midnight.';

CREATE FUNCTION api_v1.explained_staker(s record, of_operator bytea, of_staker bytea, shared numeric, name text, stake_weight numeric, until bigint, number bigint, OUT steps json[], OUT payout numeric)
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    wad numeric := 1000000000000000000;
    w record;
BEGIN
    SELECT coalesce(json_agg(json_build_object('strategy', '0x' || encode(q.strategy, 'hex'), 'multiplier', q.multiplier::text, 'deposit_shares', q.deposit_shares::text,
                    'scaling_factor', q.scaling_factor::text, 'max_magnitude', q.max_magnitude::text, 'beacon_factor', q.beacon_factor::text)), '[]') AS items,
           coalesce(sum(q.multiplier * div(div(q.deposit_shares * q.scaling_factor, wad) * div(q.max_magnitude * q.beacon_factor, wad), wad)), 0)::numeric AS weight,
           string_agg(array_to_string(q.places, ','), ',') AS places
      INTO w
      FROM api_v1.staker_weights(s.submission, s.kind, s.avs, s.operator_set, s.distributor, of_operator, of_staker, until, number) q;
    payout := div(shared * w.weight, stake_weight);
    steps := ARRAY[
        api_v1.step('The staker''s weight at the day''s snapshot: its withdrawable shares, times their multipliers.', json_build_object('strategies', w.items),
                    'sum(strategies, multiplier * floor(floor(deposit_shares * scaling_factor / 1000000000000000000) * floor(max_magnitude * beacon_factor / 1000000000000000000) / 1000000000000000000))',
                    'staker_weight', w.weight,
                    api_v1.events_of(VARIADIC string_to_array(w.places, ',') || (SELECT t.position || ' ' || t.log_index FROM ledger.delegation t WHERE t.staker = of_staker AND t.position <= until
                                                                                  ORDER BY t.position DESC LIMIT 1))),
        api_v1.step('The staker''s part; stake_weight is the sum of the weights of all who share it (/v1/rewards/shares).',
                    json_build_object(name, shared::text, 'staker_weight', w.weight::text, 'stake_weight', stake_weight::text), format('floor(%s * staker_weight / stake_weight)', name), 'payout', payout, NULL)];
END $$;
COMMENT ON FUNCTION api_v1.explained_staker(record, bytea, bytea, numeric, text, numeric, bigint, bigint) IS 'Steps from what stakers share to the payout of one of them.';

-- `until`: the end of the block that booked it. Null: nothing is booked that this would explain.
CREATE FUNCTION api_v1.explained_payout(of_submission bytea, of_day bigint, of_role integer, of_operator bytea, of_earner bytea, until bigint, OUT steps json[], OUT amount numeric) LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    s record;
    p record;
    h record;
    x record;
    snapshot bigint;
    shared numeric;
    name text := 'pool';
BEGIN
    SELECT * INTO STRICT s FROM ledger.reward_submission t WHERE t.submission = of_submission ORDER BY t.position LIMIT 1;
    SELECT t.snapshot_block, t.weight::numeric, t.reason INTO STRICT p FROM ledger.reward_pool t WHERE t.submission = of_submission AND t.day = of_day ORDER BY t.position LIMIT 1;
    snapshot := p.snapshot_block << 32 | 4294967295;
    IF s.kind IN (4, 5) THEN
        SELECT e.steps, e.part INTO steps, shared FROM api_v1.explained_listing(of_submission, of_operator, of_role, until) e;
    ELSE
        SELECT e.steps, e.pool INTO steps, shared FROM api_v1.explained_pool(of_submission, of_role, CASE WHEN s.kind = 8 THEN snapshot ELSE until END) e;
    END IF;
    IF of_role IN (1, 2) AND s.kind <> 2 THEN
        IF s.kind NOT IN (4, 5) THEN
            SELECT e.steps, e.part INTO x FROM api_v1.explained_part(s, of_operator, shared, p.weight, snapshot, p.snapshot_block) e;
            steps := steps || x.steps;
            shared := x.part;
        END IF;
        SELECT e.steps, e.commission INTO x FROM api_v1.explained_split(s, of_operator, shared, of_day, snapshot, p.snapshot_block) e;
        steps := steps || x.steps;
        IF of_role = 1 THEN
            shared := x.commission;
        ELSE
            steps := steps || api_v1.step('What is left for the operator''s delegators.', json_build_object('part', shared::text, 'commission', x.commission::text), 'part - commission', 'delegators_part',
                                          shared - x.commission, NULL);
            shared := shared - x.commission;
            name := 'delegators_part';
        END IF;
    END IF;
    IF of_role = 2 THEN
        SELECT t.stake_weight::numeric INTO STRICT h FROM ledger.reward_share t WHERE t.submission = of_submission AND t.day = of_day AND t.operator = of_operator ORDER BY t.position LIMIT 1;
        SELECT e.steps, e.payout INTO x
          FROM api_v1.explained_staker(s, CASE WHEN s.kind = 2 THEN NULL ELSE of_operator END, of_earner, shared, name, h.stake_weight, snapshot, p.snapshot_block) e;
        steps := steps || x.steps;
        shared := x.payout;
    ELSIF of_role = 3 AND p.reason = 1 AND s.kind IN (6, 7) THEN
        steps := steps || api_v1.step('No operator had weight at the day''s snapshot: the pool goes back to the AVS.', json_build_object('pool', shared::text), 'pool', 'refund', shared, NULL);
    END IF;
    amount := shared;
END $$;
COMMENT ON FUNCTION api_v1.explained_payout(bytea, bigint, integer, bytea, bytea, bigint) IS 'The steps from a submission to a payout, and the amount that they end with.';
