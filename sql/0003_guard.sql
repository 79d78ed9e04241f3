-- sql/0003_guard.sql - append-only enforcement and the one function that removes rows.

CREATE FUNCTION mirror.refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    RAISE EXCEPTION '%.% is append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'raise_exception';
END $$;
COMMENT ON FUNCTION mirror.refuse_change() IS 'Statement trigger of tables whose rows are never changed or removed.';

CREATE FUNCTION mirror.refuse_change_unless_unwinding() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('altledger.unwinding', true) = 'on' AND current_user = (
        SELECT r.rolname FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles r ON r.oid = n.nspowner WHERE n.nspname = 'mirror') THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '%.% is append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'raise_exception';
END $$;
COMMENT ON FUNCTION mirror.refuse_change_unless_unwinding() IS 'Statement trigger of timelines: only mirror.unwind(), running as the owner, may delete.';

CREATE FUNCTION mirror.guard(schema_name text) RETURNS void LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE t record;
BEGIN
    FOR t IN SELECT c.relname, n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              WHERE n.nspname = schema_name AND c.relkind = 'r' AND NOT (n.nspname = 'mirror' AND c.relname = 'cursor') LOOP
        EXECUTE format('DROP TRIGGER IF EXISTS append_only ON %I.%I', t.nspname, t.relname);
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I.%I FOR EACH STATEMENT EXECUTE FUNCTION mirror.%I()',
            t.nspname, t.relname,
            CASE WHEN schema_name <> 'mirror' OR t.relname = 'chain' THEN 'refuse_change_unless_unwinding' ELSE 'refuse_change' END);
        EXECUTE format('ALTER TABLE %I.%I ENABLE ALWAYS TRIGGER append_only', t.nspname, t.relname);
    END LOOP;
END $$;
COMMENT ON FUNCTION mirror.guard(text) IS 'Puts the append-only trigger on every table of a schema.';
SELECT mirror.guard('mirror');
SELECT mirror.guard('ledger');

CREATE FUNCTION mirror.unwind(my_epoch bigint, fork bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET enable_seqscan = off AS $$
DECLARE
    c mirror.cursor%ROWTYPE;
    first_position bigint := (fork + 1) << 32;
    t record;
    reorg_id bigint;
    lost bigint;
    ancestor record;
    kept_root bytea;
BEGIN
    SELECT * INTO STRICT c FROM mirror.cursor FOR UPDATE;
    IF c.epoch <> my_epoch THEN
        RAISE EXCEPTION 'unwind: epoch % is not the lease''s %', my_epoch, c.epoch USING ERRCODE = 'AL001';
    END IF;
    IF c.finalized_number IS NOT NULL AND fork < c.finalized_number THEN
        RAISE EXCEPTION 'unwind: block % is below the finalized block %', fork, c.finalized_number USING ERRCODE = 'AL002';
    END IF;
    IF c.head_number IS NULL OR fork >= c.head_number THEN
        RAISE EXCEPTION 'unwind: nothing above block %', fork USING ERRCODE = 'AL003';
    END IF;
    SELECT h.number, h.block, b.hash INTO ancestor FROM mirror.chain h JOIN mirror.block b ON b.id = h.block WHERE h.number <= fork ORDER BY h.number DESC LIMIT 1;
    PERFORM set_config('altledger.unwinding', 'on', true);

    SELECT coalesce(max(id), 0) + 1 INTO reorg_id FROM mirror.reorg;
    INSERT INTO mirror.reorg (id, fork_number, old_head_number, old_head_hash, feed_seq) VALUES (reorg_id, fork, c.head_number, c.head_hash, c.next_feed_seq);
    INSERT INTO mirror.reorg_block (reorg, number, block) SELECT reorg_id, h.number, h.block FROM mirror.chain h WHERE h.number > fork;
    INSERT INTO mirror.feed (seq, events, block, added, since, generation)
        SELECT c.next_feed_seq + sum(l.events) OVER (ORDER BY l.number DESC) - l.events, l.events, l.block, false, 0, c.generation
          FROM (SELECT h.number, h.block, (SELECT count(*) FROM mirror.event e WHERE e.block = h.block AND e.generation <= c.generation)::integer AS events
                  FROM mirror.chain h WHERE h.number > fork OFFSET 0) l -- counted once, not once a use
         WHERE l.events > 0;
    SELECT coalesce(sum(f.events), 0) INTO lost FROM mirror.feed f WHERE f.seq >= c.next_feed_seq;
    DELETE FROM mirror.chain WHERE number > fork;

    FOR t IN SELECT name FROM ledger.timeline ORDER BY name LOOP
        EXECUTE format('DELETE FROM ledger.%I WHERE position >= $1', t.name) USING first_position;
    END LOOP;
    -- Numbers are handed out in apply order, so the accounts above the fork are the highest ones.
    DELETE FROM ledger.account WHERE id > coalesce((SELECT a.id FROM ledger.account a WHERE a.created < first_position ORDER BY a.id DESC LIMIT 1), 0);

    SELECT r.root INTO kept_root FROM ledger.root r ORDER BY r.position DESC LIMIT 1;
    UPDATE mirror.cursor SET
        head_number = ancestor.number, head_block = ancestor.block, head_hash = ancestor.hash, root = kept_root,
        safe_number = CASE WHEN safe_number > fork THEN fork ELSE safe_number END,
        next_feed_seq = next_feed_seq + lost, events = events - lost, next_account = (SELECT coalesce(max(id), 0) + 1 FROM ledger.account), state_version = state_version + 1;
    PERFORM set_config('altledger.unwinding', '', true);
END $$;
COMMENT ON FUNCTION mirror.unwind(bigint, bigint) IS 'Takes every block above fork off the chain and its rows out of the books, in one transaction. Refuses (AL001) without the lease, (AL002) below finalized, (AL003) if there is nothing above.';
