-- sql/0004_roles.sql - who may do what, and the owner's functions that the mirror calls to rebuild and to load in bulk.
--
-- The roles themselves are made by sql/roles.sql. tests/ledger/core/role_matrix.txt is the whole of what they may do.

CREATE FUNCTION mirror.hold_lease(my_epoch bigint) RETURNS void LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE held bigint;
BEGIN
    SELECT c.epoch INTO STRICT held FROM mirror.cursor c FOR UPDATE;
    IF held <> my_epoch THEN
        RAISE EXCEPTION 'epoch % is not the lease''s %', my_epoch, held USING ERRCODE = 'AL001';
    END IF;
END $$;
COMMENT ON FUNCTION mirror.hold_lease(bigint) IS 'Locks mirror.cursor; AL001 unless the lease has this epoch. First statement of the owner''s functions.';

CREATE FUNCTION mirror.grant_books(schema_name text) RETURNS void LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    EXECUTE format('REVOKE ALL ON SCHEMA %I FROM PUBLIC', schema_name);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO altledger_writer, altledger_api', schema_name);
    EXECUTE format('GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA %I TO altledger_writer', schema_name);
    EXECUTE format('REVOKE INSERT ON %I.timeline, %I.book FROM altledger_writer', schema_name, schema_name);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO altledger_api', schema_name);
END $$;
COMMENT ON FUNCTION mirror.grant_books(text) IS 'Gives the roles what they may do with the books in a schema.';

CREATE FUNCTION mirror.rebuild_begin(my_epoch bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    t record;
    i record;
BEGIN
    PERFORM mirror.hold_lease(my_epoch);
    IF pg_catalog.to_regclass('ledger.entry_key') IS NULL THEN
        PERFORM mirror.bulk_end(my_epoch); -- an initial load was broken off
    END IF;
    DROP SCHEMA IF EXISTS ledger_next CASCADE;
    CREATE SCHEMA ledger_next;
    COMMENT ON SCHEMA ledger_next IS 'The next generation of the books, until mirror.rebuild_switch().';
    FOR t IN SELECT c.oid, c.relname, pg_catalog.obj_description(c.oid, 'pg_class') AS comment
               FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              WHERE n.nspname = 'ledger' AND c.relkind = 'r' ORDER BY c.relname LOOP
        EXECUTE format('CREATE TABLE ledger_next.%I (LIKE ledger.%I INCLUDING ALL EXCLUDING INDEXES)', t.relname, t.relname);
        EXECUTE format('COMMENT ON TABLE ledger_next.%I IS %L', t.relname, t.comment);
        -- LIKE would give indexes and keys other names than they have, and the next bulk_begin() would not find them.
        FOR i IN SELECT k.conname AS name, pg_catalog.pg_get_constraintdef(k.oid) AS definition
                   FROM pg_catalog.pg_constraint k WHERE k.conrelid = t.oid AND k.contype IN ('p', 'u') ORDER BY k.conname LOOP
            EXECUTE format('ALTER TABLE ledger_next.%I ADD CONSTRAINT %I %s', t.relname, i.name, i.definition);
        END LOOP;
        FOR i IN SELECT pg_catalog.pg_get_indexdef(x.indexrelid) AS definition FROM pg_catalog.pg_index x
                  WHERE x.indrelid = t.oid AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = x.indexrelid) LOOP
            EXECUTE pg_catalog.replace(i.definition, ' ON ledger.', ' ON ledger_next.');
        END LOOP;
    END LOOP;
    INSERT INTO ledger_next.timeline SELECT * FROM ledger.timeline;
    INSERT INTO ledger_next.book SELECT * FROM ledger.book;
    PERFORM mirror.guard('ledger_next');
    PERFORM mirror.grant_books('ledger_next');
END $$;
COMMENT ON FUNCTION mirror.rebuild_begin(bigint) IS 'Makes schema ledger_next: empty tables like those of ledger, with the same keys, indexes, guards and grants. One from before is dropped. AL001 without the lease.';

CREATE FUNCTION mirror.rebuild_switch(my_epoch bigint, new_network text, new_network_hash bytea, new_rules_version integer, new_root bytea, new_next_account bigint)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    PERFORM mirror.hold_lease(my_epoch);
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.nspname = 'ledger_next') THEN
        RAISE EXCEPTION 'rebuild_switch: there is no next generation' USING ERRCODE = 'AL003';
    END IF;
    ALTER SCHEMA ledger RENAME TO ledger_old;
    ALTER SCHEMA ledger_next RENAME TO ledger;
    COMMENT ON SCHEMA ledger IS 'The books, derived from mirror. Rows are only added; a reorg removes those above the fork.';
    PERFORM mirror.make_views(); -- they let go of the old tables here, so that what others built upon them stays
    DROP SCHEMA ledger_old CASCADE;
    UPDATE mirror.cursor SET generation = generation + 1, state_version = state_version + 1, network = new_network,
        network_hash = new_network_hash, rules_version = new_rules_version, root = new_root, next_account = new_next_account;
END $$;
COMMENT ON FUNCTION mirror.rebuild_switch(bigint, text, bytea, integer, bytea, bigint) IS 'Puts ledger_next in the place of ledger, with what the cursor must say of it. AL001 without the lease, AL003 if rebuild_begin() was not called.';

CREATE FUNCTION mirror.bulk_begin(my_epoch bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    PERFORM mirror.hold_lease(my_epoch);
    DROP INDEX IF EXISTS mirror.event_by_type, mirror.event_by_subject, ledger.account_owner, ledger.entry_key;
END $$;
COMMENT ON FUNCTION mirror.bulk_begin(bigint) IS 'Before an initial load: drops the indexes that only readers use, and that of the entries, which a writer does not need while it has every account in memory. AL001 without the lease.';

CREATE FUNCTION mirror.bulk_end(my_epoch bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET maintenance_work_mem = '256MB' AS $$
BEGIN
    PERFORM mirror.hold_lease(my_epoch);
    CREATE INDEX IF NOT EXISTS event_by_type ON mirror.event (type, number, log_index);
    CREATE INDEX IF NOT EXISTS event_by_subject ON mirror.event (subject, number, log_index);
    CREATE INDEX IF NOT EXISTS account_owner ON ledger.account (owner);
    CREATE UNIQUE INDEX IF NOT EXISTS entry_key ON ledger.entry (account, position);
    -- Of pages that a BRIN index has not summarized yet every row is read: unwinding would go through much of what was loaded.
    PERFORM pg_catalog.brin_summarize_new_values(c.oid) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_am a ON a.oid = c.relam
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'ledger' AND a.amname = 'brin' AND c.relkind = 'i';
    ANALYZE mirror.event, mirror.block, mirror.chain, ledger.account, ledger.entry;
END $$;
COMMENT ON FUNCTION mirror.bulk_end(bigint) IS 'After an initial load, and as often as one likes: makes the indexes of bulk_begin() again, refreshes summaries and statistics. AL001 without the lease.';

-- Nobody may do anything that is not granted below. Functions of later migrations are not for PUBLIC either.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA mirror FROM PUBLIC;
REVOKE ALL ON SCHEMA mirror FROM PUBLIC;

GRANT SELECT ON public.altledger_migration TO altledger_writer, altledger_ballots, altledger_api;

GRANT USAGE ON SCHEMA mirror TO altledger_writer, altledger_ballots, altledger_api;
GRANT SELECT ON ALL TABLES IN SCHEMA mirror TO altledger_writer, altledger_api;
GRANT INSERT ON mirror.block, mirror.chain, mirror.event_type, mirror.event, mirror.feed, mirror.chain_read TO altledger_writer;
GRANT UPDATE ON mirror.cursor TO altledger_writer;
GRANT EXECUTE ON FUNCTION mirror.unwind(bigint, bigint), mirror.rebuild_begin(bigint),
    mirror.rebuild_switch(bigint, text, bytea, integer, bytea, bigint), mirror.bulk_begin(bigint), mirror.bulk_end(bigint) TO altledger_writer;
SELECT mirror.grant_books('ledger');

GRANT SELECT ON mirror.cursor, mirror.block, mirror.chain TO altledger_ballots;
