-- sql/0008_event_contract.sql - events by their contract: an index for the filter contract=, dropped and made again by bulk loads as its like.
--
-- Measured on 2,000,000 events (521 MB), 90 % of them of one contract: 46 to 97 MB, 1.3 s to make for each million, and 15 to
-- 35 % more time for inserting events after that. Without it a page of a contract with few events reads the whole chain: 3.4 s
-- here, and more with every block.

-- With the type behind the number, so that a rare type of a busy contract is looked for in the index alone.
CREATE INDEX event_by_contract ON mirror.event (contract, number, type);

CREATE OR REPLACE FUNCTION mirror.bulk_begin(my_epoch bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    PERFORM mirror.hold_lease(my_epoch);
    DROP INDEX IF EXISTS mirror.event_by_type, mirror.event_by_subject, mirror.event_by_contract, ledger.account_owner, ledger.entry_key;
END $$;

CREATE OR REPLACE FUNCTION mirror.bulk_end(my_epoch bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET maintenance_work_mem = '256MB' AS $$
DECLARE t record;
BEGIN
    PERFORM mirror.hold_lease(my_epoch);
    CREATE INDEX IF NOT EXISTS event_by_type ON mirror.event (type, number, log_index);
    CREATE INDEX IF NOT EXISTS event_by_subject ON mirror.event (subject, number, log_index);
    CREATE INDEX IF NOT EXISTS event_by_contract ON mirror.event (contract, number, type);
    CREATE INDEX IF NOT EXISTS account_owner ON ledger.account (owner);
    CREATE UNIQUE INDEX IF NOT EXISTS entry_key ON ledger.entry (account, position);
    -- Of pages that a BRIN index has not summarized yet every row is read: unwinding would go through much of what was loaded.
    PERFORM pg_catalog.brin_summarize_new_values(c.oid) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_am a ON a.oid = c.relam
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'ledger' AND a.amname = 'brin' AND c.relkind = 'i';
    ANALYZE mirror.event, mirror.block, mirror.chain;
    FOR t IN SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'ledger' AND c.relkind = 'r' LOOP
        EXECUTE format('ANALYZE ledger.%I', t.relname);
    END LOOP;
END $$;
