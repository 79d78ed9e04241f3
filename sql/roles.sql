-- sql/roles.sql - the four roles and who may take them on; run before the migrations, as often as one likes.
--
-- Roles belong to the whole cluster, so this is no migration. It is run as the login of --owner-database and does only what
-- is missing: an administrator may run it beforehand for a login that cannot create roles:
--     psql -c "SET altledger.login = 'mylogin'" -f sql/roles.sql
-- The four cannot log in. A login takes one on per connection (SET ROLE); it is best a NOINHERIT member, which can do
-- nothing before that.
--   altledger_owner    owns every object; migrations and the SECURITY DEFINER functions run as it
--   altledger_writer   the mirror: adds rows, updates mirror.cursor, runs the functions that check its lease
--   altledger_ballots  the door for signed messages
--   altledger_api      reads
DO $$
DECLARE
    login text := coalesce(nullif(current_setting('altledger.login', true), ''), session_user);
    name text;
    setting record;
BEGIN
    -- Two databases of one cluster may be migrated at once: who comes second finds the row taken, which is what it wanted.
    FOREACH name IN ARRAY ARRAY['altledger_owner', 'altledger_writer', 'altledger_ballots', 'altledger_api'] LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
            END;
        END IF;
        IF NOT pg_catalog.pg_has_role(login, name, 'MEMBER') THEN
            BEGIN
                EXECUTE format('GRANT %I TO %I', name, login);
            EXCEPTION WHEN unique_violation OR internal_error THEN NULL; -- "tuple concurrently updated"
            END;
        END IF;
    END LOOP;

    -- A connection that takes a role on with SET ROLE applies these itself (ledger/core/db.c).
    FOR setting IN SELECT * FROM (VALUES
        ('altledger_writer', 'lock_timeout', '10s'),
        ('altledger_writer', 'idle_in_transaction_session_timeout', '10s'),
        ('altledger_ballots', 'statement_timeout', '5s'),
        ('altledger_ballots', 'lock_timeout', '2s'),
        ('altledger_ballots', 'idle_in_transaction_session_timeout', '5s'),
        ('altledger_api', 'default_transaction_read_only', 'on'),
        ('altledger_api', 'statement_timeout', '10s'),
        ('altledger_api', 'lock_timeout', '2s'),
        ('altledger_api', 'idle_in_transaction_session_timeout', '30s')) AS v (role, key, value)
    LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_db_role_setting d JOIN pg_catalog.pg_roles r ON r.oid = d.setrole
                        WHERE r.rolname = setting.role AND d.setdatabase = 0 AND setting.key || '=' || setting.value = ANY (d.setconfig)) THEN
            BEGIN
                EXECUTE format('ALTER ROLE %I SET %I = %L', setting.role, setting.key, setting.value);
            EXCEPTION WHEN unique_violation OR internal_error THEN NULL;
            END;
        END IF;
    END LOOP;

    IF NOT pg_catalog.has_database_privilege('altledger_owner', pg_catalog.current_database(), 'CREATE') THEN
        EXECUTE format('GRANT CREATE ON DATABASE %I TO altledger_owner', pg_catalog.current_database());
    END IF;
    IF NOT pg_catalog.has_schema_privilege('altledger_owner', 'public', 'CREATE') THEN
        GRANT CREATE, USAGE ON SCHEMA public TO altledger_owner;
    END IF;
END $$;
