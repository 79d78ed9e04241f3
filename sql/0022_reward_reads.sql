-- sql/0022_reward_reads.sql - rewards as the API shows them: words for numbers, and what lists are read by.
--
-- Functions that yield rows are one SELECT each, so that PostgreSQL inlines them. `until` is the last position that counts, `number` the block
-- that it ends. Rules and rounding: ledger/README.md; div() is exact and rounds down.

-- Accounts of reward.pool are opened in the order of booking and each is used once: (created, position) orders payouts.
CREATE INDEX account_pool ON ledger.account (created) WHERE book = 64;
CREATE INDEX account_pool_operator ON ledger.account (owner, created) WHERE book = 64;
CREATE INDEX account_pool_submission ON ledger.account (substr(second, 1, 32), created) WHERE book = 64;
CREATE INDEX account_pool_day ON ledger.account (substr(second, 33, 4), created) WHERE book = 64;
CREATE INDEX account_pool_token ON ledger.account (asset, created) WHERE book = 64;
COMMENT ON INDEX ledger.account_pool IS 'Pools in the order of booking; so that a page of payouts reads its own rows only.';
CREATE INDEX reward_pool_order ON ledger.reward_pool (position);
CREATE INDEX reward_pool_day ON ledger.reward_pool (day, position);
CREATE INDEX reward_share_order ON ledger.reward_share (position);
CREATE INDEX reward_share_day ON ledger.reward_share (day, position);
CREATE INDEX reward_share_submission ON ledger.reward_share (submission, position);
CREATE INDEX reward_share_operator_order ON ledger.reward_share (operator, position);
CREATE INDEX reward_split_order ON ledger.reward_split (position);
CREATE INDEX reward_claimer_order ON ledger.reward_claimer (position);
CREATE INDEX reward_submission_token ON ledger.reward_submission (token, position);
CREATE INDEX avs_registration_by_avs ON ledger.avs_registration (avs, operator, position);

CREATE FUNCTION api_v1.day_text(day bigint) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT to_char('1970-01-01'::date + day::integer, 'YYYY-MM-DD')
$$;
COMMENT ON FUNCTION api_v1.day_text(bigint) IS 'A day, counted from 1970, as YYYY-MM-DD.';

CREATE FUNCTION api_v1.reward_kind(kind smallint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ('{avs,for_all,all_earners,operator_directed_avs,operator_directed_set,unique_stake,total_stake,fee}'::text[])[kind]
$$;
COMMENT ON FUNCTION api_v1.reward_kind(smallint) IS 'Name of ledger.reward_submission.kind.';

CREATE FUNCTION api_v1.reward_role(role integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ('{operator,staker,refund,treasury}'::text[])[role]
$$;
COMMENT ON FUNCTION api_v1.reward_role(integer) IS 'Name of the role in an account of reward.pool.';

-- second: submission (32), day (4, big endian), role (1).
CREATE FUNCTION api_v1.pool_day(second bytea) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (get_byte(second, 32)::bigint << 24) + (get_byte(second, 33) << 16) + (get_byte(second, 34) << 8) + get_byte(second, 35)
$$;
COMMENT ON FUNCTION api_v1.pool_day(bytea) IS 'The day in the second party of an account of reward.pool.';

CREATE FUNCTION api_v1.payout_id(pool_second bytea, operator bytea, earner bytea) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT '0x' || encode(substr(pool_second, 1, 32), 'hex') || '-' || api_v1.day_text(api_v1.pool_day(pool_second)) || '-' || api_v1.reward_role(get_byte(pool_second, 36))
           || '-0x' || encode(operator, 'hex') || '-0x' || encode(earner, 'hex')
$$;
COMMENT ON FUNCTION api_v1.payout_id(bytea, bytea, bytea) IS 'Id of a payout, of the second party and owner of its account of reward.pool, and of the earner.';

-- Pool by pool, no further than the page goes; and pools differ in size by a million, which statistics do not see: the index is always right.
CREATE FUNCTION api_v1.pool_payouts(pools bigint[], after_pool bigint, after bigint, most bigint, down boolean)
RETURNS TABLE (pool bigint, account bigint, delta numeric, balance numeric, "position" bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100 SET enable_bitmapscan = off SET enable_sort = off AS $$
#variable_conflict use_column
DECLARE
    one bigint;
    got bigint;
    bound bigint;
BEGIN
    FOREACH one IN ARRAY coalesce(pools, '{}') LOOP
        bound := CASE WHEN one = pools[1] AND after_pool = (SELECT n.created FROM ledger.account n WHERE n.id = one) THEN after WHEN down THEN 9223372036854775807 ELSE -1 END;
        IF down THEN
            RETURN QUERY SELECT one, t.account, t.delta::numeric, t.balance::numeric, t.position FROM ledger.entry t
                          WHERE t.log_index = -2 AND t.counter = one AND t.position < bound AND t.delta > 0 ORDER BY t.position DESC LIMIT most;
        ELSE
            RETURN QUERY SELECT one, t.account, t.delta::numeric, t.balance::numeric, t.position FROM ledger.entry t
                          WHERE t.log_index = -2 AND t.counter = one AND t.position > bound AND t.delta > 0 ORDER BY t.position LIMIT most;
        END IF;
        GET DIAGNOSTICS got = ROW_COUNT;
        most := most - got;
        EXIT WHEN most <= 0;
    END LOOP;
END $$;
COMMENT ON FUNCTION api_v1.pool_payouts(bigint[], bigint, bigint, bigint, boolean) IS 'Payouts of accounts of reward.pool, one after another, in the order of booking (down: backwards), at most so many. Of the account opened at after_pool only those behind a position.';

CREATE FUNCTION api_v1.booking_delay() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce((c.network::jsonb #>> '{parameters,reward_booking_delay_blocks}')::bigint, 96) FROM mirror.cursor c
$$;
COMMENT ON FUNCTION api_v1.booking_delay() IS 'reward_booking_delay_blocks of the network: a day is closed by the first block so many above its last one.';

CREATE FUNCTION api_v1.is_day_closed(last_block bigint, number bigint) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT EXISTS (SELECT FROM mirror.chain h WHERE h.number >= last_block + (SELECT api_v1.booking_delay()) AND h.number <= is_day_closed.number)
$$;
COMMENT ON FUNCTION api_v1.is_day_closed(bigint, bigint) IS 'Whether days whose snapshot is a block had been closed at the end of another.';

CREATE FUNCTION api_v1.distribution_at(of_distributor bytea, of_day bigint, until bigint)
RETURNS TABLE (day bigint, "position" bigint, snapshot_block bigint, root bytea, earners bigint, pools bigint, payouts bigint) LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT t.day, t."position", t.snapshot_block, t.root::bytea, t.earners, t.pools, t.payouts FROM ledger.reward_distribution t
     WHERE t.distributor = of_distributor AND t.day <= of_day AND t.position <= until ORDER BY t.day DESC, t.position DESC LIMIT 1
$$;
COMMENT ON FUNCTION api_v1.distribution_at(bytea, bigint, bigint) IS 'The last distribution of a distributor up to a day, of those that had been booked at a position.';

CREATE FUNCTION api_v1.balance_of(of_book smallint, of_asset bytea, of_owner bytea, of_second bytea, until bigint) RETURNS numeric LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce((SELECT x.balance::numeric FROM ledger.entry x
                      WHERE x.account = (SELECT n.id FROM ledger.account n WHERE n.book = of_book AND n.asset = of_asset AND n.owner = of_owner AND n.second = of_second)
                        AND x.position <= until ORDER BY x.position DESC LIMIT 1), 0)
$$;
COMMENT ON FUNCTION api_v1.balance_of(smallint, bytea, bytea, bytea, bigint) IS 'Balance of an account at a position; 0 if it had not been opened.';

-- In plpgsql, so that a page hops through its own pairs only, and an AVS has a plan of its own.
CREATE FUNCTION api_v1.registrations(of_avs bytea, after_operator bytea, after_avs bytea, until bigint, most bigint)
RETURNS TABLE (operator bytea, avs bytea, directory boolean, operator_sets text) LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 50 AS $$
#variable_conflict use_column
DECLARE
    next_operator bytea := after_operator;
    next_avs bytea := after_avs;
BEGIN
    WHILE most > 0 LOOP
        IF of_avs IS NULL THEN
            SELECT u.operator, u.avs INTO next_operator, next_avs
              FROM ((SELECT t.operator::bytea, t.avs::bytea FROM ledger.avs_registration t WHERE (t.operator, t.avs) > (next_operator, next_avs)
                      ORDER BY t.operator, t.avs LIMIT 1)
                    UNION ALL
                    (SELECT t.operator::bytea, t.avs::bytea FROM ledger.operator_set_member t WHERE (t.operator, t.avs) > (next_operator, next_avs)
                      ORDER BY t.operator, t.avs LIMIT 1)) u
             ORDER BY 1, 2 LIMIT 1;
        ELSE
            SELECT u.operator, of_avs INTO next_operator, next_avs
              FROM ((SELECT t.operator::bytea FROM ledger.avs_registration t
                      WHERE t.avs = of_avs AND (t.operator, of_avs) > (next_operator, next_avs) AND t.operator >= next_operator ORDER BY t.operator LIMIT 1)
                    UNION ALL
                    (SELECT n.operator FROM api_v1.operator_sets(of_avs, until) s
                      CROSS JOIN LATERAL (SELECT t.operator::bytea FROM ledger.operator_set_member t
                                           WHERE t.avs = of_avs AND t.operator_set = s.id AND (t.operator, of_avs) > (next_operator, next_avs)
                                             AND t.operator >= next_operator ORDER BY t.operator LIMIT 1) n)) u
             ORDER BY 1 LIMIT 1;
        END IF;
        EXIT WHEN next_operator IS NULL;
        operator := next_operator;
        avs := next_avs;
        directory := coalesce((SELECT t.registered FROM ledger.avs_registration t WHERE t.operator = next_operator AND t.avs = next_avs AND t.position <= until
                                ORDER BY t.position DESC LIMIT 1), false);
        operator_sets := (SELECT json_agg(l.operator_set ORDER BY l.operator_set)::text
                            FROM (SELECT DISTINCT ON (t.operator_set) t.operator_set, t.registered FROM ledger.operator_set_member t
                                   WHERE t.operator = next_operator AND t.avs = next_avs AND t.position <= until ORDER BY t.operator_set, t.position DESC) l
                           WHERE l.registered);
        IF directory OR operator_sets IS NOT NULL THEN
            RETURN NEXT;
            most := most - 1;
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION api_v1.registrations(bytea, bytea, bytea, bigint, bigint) IS 'Who is registered with an AVS (null: with any) at a position, in AVSDirectory or in operator sets: at most so many, in order of operator and AVS after a pair.';
