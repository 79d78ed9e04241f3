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
               e.log_index, e.leg, e.delta, e.balance, ck.name AS counter_book, ca.owner AS counterparty, v.tx_hash, t.name AS cause
          FROM ledger.entry e JOIN ledger.account a ON a.id = e.account JOIN ledger.book k ON k.id = a.book
          JOIN ledger.account ca ON ca.id = e.counter JOIN ledger.book ck ON ck.id = ca.book
          JOIN mirror.chain h ON h.number = e.position >> 32 JOIN mirror.block b ON b.id = h.block
          JOIN mirror.event v ON v.block = h.block AND v.log_index = e.log_index
          LEFT JOIN mirror.event_type t ON t.id = v.type;
    COMMENT ON VIEW api_v1.entry IS 'The double entries: who, what, when, how much, against whom, because of which event.';
    COMMENT ON COLUMN api_v1.entry.delta IS 'Change of the balance.';
    COMMENT ON COLUMN api_v1.entry.balance IS 'Balance after it.';
    COMMENT ON COLUMN api_v1.entry.cause IS 'Name of the event that caused it.';

    REVOKE ALL ON SCHEMA api_v1 FROM PUBLIC;
    GRANT USAGE ON SCHEMA api_v1 TO altledger_api, altledger_writer;
    GRANT SELECT ON ALL TABLES IN SCHEMA api_v1 TO altledger_api;
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA api_v1 TO altledger_api, altledger_writer;
END $make$;
COMMENT ON FUNCTION mirror.make_views() IS 'Makes or replaces the views of api_v1 over the tables that are there now.';
REVOKE ALL ON FUNCTION mirror.make_views() FROM PUBLIC;
SELECT mirror.make_views();
