-- sql/views.sql - schema api_v1: read views for people who ask with SQL; run after the migrations and by rebuild_switch().
--
-- Addresses and hashes are bytea: filter with owner = '\x8457ca50...', print with '0x' || encode(owner, 'hex'). Columns are
-- only ever added, at the end; that is also all that CREATE OR REPLACE VIEW allows.

CREATE OR REPLACE FUNCTION mirror.make_views() RETURNS void LANGUAGE plpgsql SET search_path = '' SET client_min_messages = warning AS $make$
BEGIN
    CREATE SCHEMA IF NOT EXISTS api_v1;

    CREATE OR REPLACE VIEW api_v1.block AS
        SELECT h.number, b.hash, b.parent_hash, b.time,
               CASE b.proof WHEN 0 THEN 'archive' WHEN 1 THEN 'none' WHEN 2 THEN 'bloom' WHEN 3 THEN 'receipts' ELSE 'unhashable' END AS proof,
               (SELECT count(*) FROM mirror.event e WHERE e.block = h.block) AS events,
               CASE WHEN h.number <= c.finalized_number THEN 'finalized' WHEN h.number <= c.safe_number THEN 'safe' ELSE 'latest' END AS finality,
               (SELECT r.root FROM ledger.root r WHERE r.position <= (h.number << 32 | 4294967295) ORDER BY r.position DESC LIMIT 1) AS root
          FROM mirror.chain h JOIN mirror.block b ON b.id = h.block CROSS JOIN mirror.cursor c;
    COMMENT ON VIEW api_v1.block IS 'Canonical blocks whose headers are stored, with how their logs were proven complete and the block root of the books.';
    COMMENT ON COLUMN api_v1.block.time IS 'Chain time.';
    COMMENT ON COLUMN api_v1.block.events IS 'How many rows of api_v1.event it has.';

    CREATE OR REPLACE VIEW api_v1.event AS
        SELECT h.number AS block_number, b.hash AS block_hash, b.time AS block_time, e.log_index, e.tx_index, e.tx_hash, e.contract,
               t.name AS type, t.signature, e.subject, e.topics, e.data, e.undecodable
          FROM mirror.event e JOIN mirror.chain h ON h.block = e.block JOIN mirror.block b ON b.id = e.block
          LEFT JOIN mirror.event_type t ON t.id = e.type;
    COMMENT ON VIEW api_v1.event IS 'Canonical logs of the configured contracts.';
    COMMENT ON COLUMN api_v1.event.type IS 'Name of the event; null if its contract declares no such event.';
    COMMENT ON COLUMN api_v1.event.subject IS 'Its first argument of type address, else the contract.';
    COMMENT ON COLUMN api_v1.event.topics IS '0 to 4 topics of 32 bytes, joined.';

    CREATE OR REPLACE VIEW api_v1.balance AS
        SELECT k.name AS book, a.asset, a.owner, a.second, e.balance, e.position >> 32 AS since_block
          FROM ledger.account a JOIN ledger.book k ON k.id = a.book
         CROSS JOIN LATERAL (SELECT x.balance, x.position FROM ledger.entry x WHERE x.account = a.id ORDER BY x.position DESC LIMIT 1) e;
    COMMENT ON VIEW api_v1.balance IS 'Every account''s balance at the head of the mirror, in base units.';
    COMMENT ON COLUMN api_v1.balance.book IS 'Kind of account: token, votes, ...; .issued is the supply, .unexplained what a token''s events do not explain.';
    COMMENT ON COLUMN api_v1.balance.asset IS 'Contract (20 bytes); for ERC-1155 contract and token id (52 bytes).';
    COMMENT ON COLUMN api_v1.balance.since_block IS 'The block that changed it last.';

    CREATE OR REPLACE VIEW api_v1.entry AS
        SELECT k.name AS book, a.asset, a.owner, a.second, e.position >> 32 AS block_number, b.hash AS block_hash, b.time AS block_time,
               e.log_index, e.leg, e.delta, e.balance, ck.name AS counter_book, ca.owner AS counterparty, v.tx_hash,
               CASE WHEN e.log_index <> -2 THEN t.name WHEN a.book = 61 THEN 'payout' ELSE 'day-closed' END AS cause
          FROM ledger.entry e JOIN ledger.account a ON a.id = e.account JOIN ledger.book k ON k.id = a.book
          LEFT JOIN ledger.account ca ON ca.id = e.counter LEFT JOIN ledger.book ck ON ck.id = ca.book
          JOIN mirror.chain h ON h.number = e.position >> 32 JOIN mirror.block b ON b.id = h.block
          LEFT JOIN mirror.event v ON v.block = h.block AND v.log_index = e.log_index
          LEFT JOIN mirror.event_type t ON t.id = v.type;
    COMMENT ON VIEW api_v1.entry IS 'The double entries: who, what, when, how much, against whom, because of which event.';
    COMMENT ON COLUMN api_v1.entry.delta IS 'Change of the balance.';
    COMMENT ON COLUMN api_v1.entry.balance IS 'Balance after it.';
    COMMENT ON COLUMN api_v1.entry.log_index IS 'The log that caused it; -2: booked at the block''s end, when a day was closed.';
    COMMENT ON COLUMN api_v1.entry.counterparty IS 'Null: many accounts (a pool that was paid out).';
    COMMENT ON COLUMN api_v1.entry.cause IS 'Name of the event that caused it; at a block''s end payout or day-closed.';

    CREATE OR REPLACE VIEW api_v1.operator_shares AS
        SELECT a.owner AS operator, a.asset AS strategy, e.balance AS shares, e.position >> 32 AS since_block, n.position >> 32 AS until_block, e.log_index
          FROM ledger.account a JOIN ledger.entry e ON e.account = a.id
          LEFT JOIN LATERAL (SELECT x.position FROM ledger.entry x WHERE x.account = a.id AND x.position > e.position ORDER BY x.position LIMIT 1) n ON true
         WHERE a.book = 8;
    COMMENT ON VIEW api_v1.operator_shares IS 'EigenLayer: shares delegated to an operator, as they changed. At block N: since_block <= N and (until_block is null or until_block > N).';
    COMMENT ON COLUMN api_v1.operator_shares.until_block IS 'The block that changed it; null: it is the current value.';

    CREATE OR REPLACE VIEW api_v1.deposit AS
        SELECT a.owner AS staker, a.asset AS strategy, e.balance AS shares, e.position >> 32 AS since_block, n.position >> 32 AS until_block, e.log_index
          FROM ledger.account a JOIN ledger.entry e ON e.account = a.id
          LEFT JOIN LATERAL (SELECT x.position FROM ledger.entry x WHERE x.account = a.id AND x.position > e.position ORDER BY x.position LIMIT 1) n ON true
         WHERE a.book = 6;
    COMMENT ON VIEW api_v1.deposit IS 'EigenLayer: deposit shares of a staker, as they changed; api_v1.deposits() says what can be withdrawn, and where logs leave the shares open.';
    COMMENT ON COLUMN api_v1.deposit.until_block IS 'The block that changed it; null: it is the current value.';

    CREATE OR REPLACE VIEW api_v1.delegation AS
        SELECT d.staker, nullif(d.operator, '\x0000000000000000000000000000000000000000')::public.address AS operator, d.position >> 32 AS since_block,
               n.position >> 32 AS until_block, d.log_index
          FROM ledger.delegation d
          LEFT JOIN LATERAL (SELECT x.position FROM ledger.delegation x WHERE x.staker = d.staker AND x.position > d.position ORDER BY x.position LIMIT 1) n ON true;
    COMMENT ON VIEW api_v1.delegation IS 'EigenLayer: to whom a staker is delegated, as it changed; operator null: to nobody.';
    COMMENT ON COLUMN api_v1.delegation.until_block IS 'The block that changed it; null: it is the current value.';

    CREATE OR REPLACE VIEW api_v1.magnitude AS
        SELECT m.operator, m.strategy, m.magnitude AS max_magnitude, m.position >> 32 AS since_block, n.position >> 32 AS until_block, m.log_index
          FROM ledger.max_magnitude m
          LEFT JOIN LATERAL (SELECT x.position FROM ledger.max_magnitude x WHERE x.operator = m.operator AND x.strategy = m.strategy AND x.position > m.position
                              ORDER BY x.position LIMIT 1) n ON true;
    COMMENT ON VIEW api_v1.magnitude IS 'EigenLayer: maximum magnitude of an operator in a strategy, WAD, as it changed; before its first row it is 1e18.';
    COMMENT ON COLUMN api_v1.magnitude.until_block IS 'The block that changed it; null: it is the current value.';

    CREATE OR REPLACE VIEW api_v1.allocation AS
        SELECT l.operator, l.avs, l.operator_set, l.strategy, l.current AS current_magnitude, l.pending AS pending_diff, l.effect_block,
               l.position >> 32 AS since_block, n.position >> 32 AS until_block, l.log_index
          FROM ledger.allocation l
          LEFT JOIN LATERAL (SELECT x.position FROM ledger.allocation x WHERE x.operator = l.operator AND x.avs = l.avs AND x.operator_set = l.operator_set
                              AND x.strategy = l.strategy AND x.position > l.position ORDER BY x.position LIMIT 1) n ON true;
    COMMENT ON VIEW api_v1.allocation IS 'EigenLayer: allocations as the logs changed them; from effect_block on the magnitude is current_magnitude + pending_diff. api_v1.allocations() works that out for a block.';
    COMMENT ON COLUMN api_v1.allocation.until_block IS 'The block that changed it; null: no later log did.';

    CREATE OR REPLACE VIEW api_v1.withdrawal AS
        SELECT w.root, w.staker, nullif(w.operator, '\x0000000000000000000000000000000000000000')::public.address AS operator, w.withdrawer, w.nonce, w.start_block,
               w.slashable_until, c.position >> 32 AS completed_block,
               CASE c.state WHEN 1 THEN 'completed_as_tokens' WHEN 2 THEN 'completed_as_shares' WHEN 3 THEN 'completed_empty' ELSE 'pending' END AS state,
               s.item, s.strategy, s.scaled_shares, s.shares AS queued_shares,
               CASE WHEN c.position IS NOT NULL THEN coalesce((SELECT p.shares FROM ledger.withdrawal_payment p WHERE p.root = w.root AND p.item = s.item
                                                                ORDER BY p.position DESC LIMIT 1), 0) END AS paid_shares
          FROM ledger.withdrawal w JOIN ledger.withdrawal_share s ON s.root = w.root
          LEFT JOIN LATERAL (SELECT x.position, x.state FROM ledger.withdrawal x WHERE x.root = w.root AND x.state <> 0 ORDER BY x.position DESC LIMIT 1) c ON true
         WHERE w.state = 0;
    COMMENT ON VIEW api_v1.withdrawal IS 'EigenLayer: queued withdrawals, one row a strategy, with what their completion paid.';
    COMMENT ON COLUMN api_v1.withdrawal.slashable_until IS 'The last block that can slash it; it may be completed after it.';
    COMMENT ON COLUMN api_v1.withdrawal.completed_block IS 'Null: pending.';
    COMMENT ON COLUMN api_v1.withdrawal.queued_shares IS 'What the scaled shares were worth when they were queued.';

    CREATE OR REPLACE VIEW api_v1.slash AS
        SELECT l.position >> 32 AS block_number, l.log_index, l.operator, l.avs, l.operator_set, nullif(l.slash_id, 0) AS slash_id,
               nullif(l.recipient, '\x0000000000000000000000000000000000000000')::public.address AS recipient, l.description,
               s.strategy, s.wad_slashed, s.magnitude_before, s.magnitude_after, s.live_shares, s.total_shares
          FROM ledger.slash l
          JOIN ledger.slash_strategy s ON s.operator = l.operator AND s.position > l.position AND s.position <= l.position + l.items;
    COMMENT ON VIEW api_v1.slash IS 'EigenLayer: slashes, one row a strategy.';
    COMMENT ON COLUMN api_v1.slash.slash_id IS 'The contract''s number of the slash within the operator set; null: no log named it.';
    COMMENT ON COLUMN api_v1.slash.recipient IS 'To whom the slashed shares go; null: they are burned.';
    COMMENT ON COLUMN api_v1.slash.live_shares IS 'Operator shares that it took.';
    COMMENT ON COLUMN api_v1.slash.total_shares IS 'The same with shares in the queue.';

    CREATE OR REPLACE VIEW api_v1.reward_submission AS
        SELECT s.submission, api_v1.reward_kind(s.kind) AS kind, s.distributor, s.submitter, nullif(s.avs, '\x0000000000000000000000000000000000000000')::public.address AS avs,
               nullif(s.operator_set, -1) AS operator_set, s.token, s.amount, to_timestamp(s.start_time) AS start_time, s.duration,
               '1970-01-01'::date + s.day::integer AS day, s.position >> 32 AS block_number, s.log_index
          FROM ledger.reward_submission s;
    COMMENT ON VIEW api_v1.reward_submission IS 'What is to be distributed: submissions of rewards, and the income of fee collectors by epoch (amount 0: it stands in the books).';
    COMMENT ON COLUMN api_v1.reward_submission.day IS 'Day of its event (UTC).';

    CREATE OR REPLACE VIEW api_v1.payout AS
        SELECT api_v1.payout_id(n.second, n.owner, o.owner) AS id, '1970-01-01'::date + api_v1.pool_day(n.second)::integer AS day, substr(n.second, 1, 32)::public.hash AS submission,
               api_v1.reward_role(get_byte(n.second, 36)) AS role, o.owner AS earner, nullif(n.owner, '\x0000000000000000000000000000000000000000')::public.address AS operator,
               n.asset::public.address AS token, o.second::public.address AS distributor, e.delta AS amount, e.balance AS cumulative, e.position >> 32 AS block_number
          FROM ledger.account n JOIN ledger.entry e ON e.counter = n.id AND e.log_index = -2 JOIN ledger.account o ON o.id = e.account AND o.book = 61
         WHERE n.book = 64;
    COMMENT ON VIEW api_v1.payout IS 'Who was paid what, of which submission for which day: the entries of reward.earned against reward.pool.';
    COMMENT ON COLUMN api_v1.payout.role IS 'operator (commission), staker, refund or treasury.';
    COMMENT ON COLUMN api_v1.payout.operator IS 'Of whose part; null: of no operator''s.';
    COMMENT ON COLUMN api_v1.payout.cumulative IS 'All that the earner has earned of distributor and token after it.';

    REVOKE ALL ON SCHEMA api_v1 FROM PUBLIC;
    GRANT USAGE ON SCHEMA api_v1 TO altledger_api, altledger_writer, altledger_ballots;
    GRANT SELECT ON ALL TABLES IN SCHEMA api_v1 TO altledger_api;
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA api_v1 TO altledger_api, altledger_writer, altledger_ballots;
END $make$;
COMMENT ON FUNCTION mirror.make_views() IS 'Makes or replaces the views of api_v1 over the tables that are there now.';
REVOKE ALL ON FUNCTION mirror.make_views() FROM PUBLIC;
SELECT mirror.make_views();
