/* ledger/core/migrate.c - see migrate.h. */
#include "ledger/core/migrate.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/core/digest.h"
#include "ledger/core/log.h"
#include "ledger/core/sql_files.h"

static const int64_t MIGRATION_LOCK = 0x616c746c6564; /* "altled": the advisory lock that serialises migrations */
enum { VIEWS = 0, NAME_DIGITS = 4 };

struct applied {
    int32_t number;
    const char *name;
    struct hash checksum;
};
static const struct record applied_record = RECORD(applied, FIELD(applied, number), FIELD(applied, name),
                                                   FIELD(applied, checksum));

/* One embedded file as it should stand in the table. */
struct migration {
    int32_t number;
    const struct sql_file *file;
    struct hash checksum;
};

static const struct sql_file *find_file(const char *name)
{
    for (size_t i = 0; i < sql_files_n; i++)
        if (strcmp(sql_files[i].name, name) == 0)
            return &sql_files[i];
    return NULL;
}

static bool is_numbered(const struct sql_file *f)
{
    return strspn(f->name, "0123456789") == NAME_DIGITS;
}

static struct migration migration_of(const struct sql_file *f)
{
    int32_t number = is_numbered(f) ? (int32_t)strtol(f->name, NULL, 10) : VIEWS;
    return (struct migration){number, f, keccak_bytes(f->text, f->n)};
}

static enum err list_applied(struct db *db, struct arena *arena, struct applied **out, size_t *n)
{
    return db_all(db, "SELECT number, name, checksum FROM public.altledger_migration ORDER BY number", WITH_NOTHING,
                  &applied_record, arena, out, n);
}

static const struct applied *find_applied(const struct applied *a, size_t n, int32_t number)
{
    for (size_t i = 0; i < n; i++)
        if (a[i].number == number)
            return &a[i];
    return NULL;
}

/* Whether what was applied is ours, as far as it goes. */
static enum err check_applied(const struct applied *a, size_t n)
{
    int32_t newest = 0;
    for (size_t i = 0; i < sql_files_n; i++) {
        if (!is_numbered(&sql_files[i]))
            continue;
        struct migration m = migration_of(&sql_files[i]);
        const struct applied *found = find_applied(a, n, m.number);
        if (found != NULL && !hash_equal(found->checksum, m.checksum))
            return err_with(ERR_SCHEMA, "migration %d (%s) was applied from another text than %s of this program",
                            (int)m.number, found->name, m.file->name);
        if (m.number > newest)
            newest = m.number;
    }
    for (size_t i = 0; i < n; i++)
        if (a[i].number > newest)
            return err_with(
                ERR_SCHEMA,
                "schema from the future: migration %d (%s) is applied, this program knows %d; use a newer one",
                (int)a[i].number, a[i].name, (int)newest);
    return OK;
}

static bool is_applied(const struct applied *a, size_t n, const struct migration *m)
{
    const struct applied *found = find_applied(a, n, m->number);
    return found != NULL && hash_equal(found->checksum, m->checksum);
}

static enum err record_migration(struct db *db, const struct migration *m)
{
    return db_run(db,
                  "INSERT INTO public.altledger_migration (number, name, checksum) VALUES ($1, $2, $3) "
                  "ON CONFLICT (number) DO UPDATE SET name = excluded.name, checksum = excluded.checksum, "
                  "applied_at = pg_catalog.now()",
                  WITH(IN(&m->number), IN(m->file->name), IN(&m->checksum)), NULL);
}

/* Inside a transaction that holds the lock. */
static enum err apply_locked(struct db *db, const struct migration *m, bool *done)
{
    AUTO_ARENA arena = {0};
    struct applied *a;
    size_t n;
    TRY(db_run(db, "SELECT pg_catalog.pg_advisory_xact_lock($1)", WITH(IN(&MIGRATION_LOCK)), NULL));
    TRY(list_applied(db, &arena, &a, &n));
    TRY(check_applied(a, n));
    *done = !is_applied(a, n, m);
    if (!*done)
        return OK;
    enum err e = db_script(db, m->file->text);
    if (e != OK)
        return err_with(e, "%s: %s", m->file->name, arena_printf(&arena, "%s", err_detail()));
    return record_migration(db, m);
}

static enum err apply(struct db *db, const struct migration *m, unsigned *applied)
{
    bool done = false;
    /* READ COMMITTED: after the wait for the lock, the next statement sees what its last holder committed. */
    TRY(db_begin(db, "ISOLATION LEVEL READ COMMITTED"));
    enum err e = apply_locked(db, m, &done);
    if (e != OK) {
        db_rollback(db);
        return e;
    }
    TRY(db_commit(db));
    if (done) {
        log_info("migrate", "applied %s", m->file->name);
        (*applied)++;
    }
    return OK;
}

static enum err create_table(struct db *db)
{
    static const char create[] =
        "CREATE TABLE IF NOT EXISTS public.altledger_migration ("
        " number integer PRIMARY KEY, name text NOT NULL COLLATE \"C\", checksum bytea NOT NULL,"
        " applied_at timestamptz NOT NULL DEFAULT pg_catalog.now());"
        "COMMENT ON TABLE public.altledger_migration IS 'Which files of sql/ were applied; 0 is views.sql.'";
    TRY(db_begin(db, ""));
    enum err e = db_run(db, "SELECT pg_catalog.pg_advisory_xact_lock($1)", WITH(IN(&MIGRATION_LOCK)), NULL);
    AUTO_ROWS rows = NULL;
    if (e == OK)
        e = db_query(db, "SELECT pg_catalog.to_regclass('public.altledger_migration') IS NOT NULL", WITH_NOTHING,
                     &rows);
    if (e == OK && !rows_bool(rows, 0, 0))
        e = db_script(db, create);
    if (e != OK) {
        db_rollback(db);
        return e;
    }
    return db_commit(db);
}

enum err migrate_roles(struct db *db)
{
    enum err e = db_script(db, find_file("roles.sql")->text);
    if (e != OK) {
        AUTO_ARENA arena = {0};
        return err_with(e, "roles.sql (an administrator can run it for this login): %s",
                        arena_printf(&arena, "%s", err_detail()));
    }
    return OK;
}

enum err migrate(struct db *db, unsigned *applied)
{
    TRY(migrate_roles(db));
    TRY(db_script(db, "SET ROLE " ROLE_OWNER));
    TRY(create_table(db));
    unsigned n = 0;
    for (size_t i = 0; i < sql_files_n; i++) {
        struct migration m = migration_of(&sql_files[i]);
        if (is_numbered(&sql_files[i]))
            TRY(apply(db, &m, &n));
    }
    struct migration views = migration_of(find_file("views.sql"));
    TRY(apply(db, &views, &n));
    *applied = n;
    return OK;
}

enum err migrate_check(struct db *db)
{
    AUTO_ARENA arena = {0};
    AUTO_ROWS rows = NULL;
    TRY(db_query(db, "SELECT pg_catalog.to_regclass('public.altledger_migration') IS NOT NULL", WITH_NOTHING, &rows));
    if (!rows_bool(rows, 0, 0))
        return err_with(ERR_SCHEMA, "the database has no schema yet: run `altledger migrate`");
    struct applied *a;
    size_t n;
    TRY(list_applied(db, &arena, &a, &n));
    TRY(check_applied(a, n));
    for (size_t i = 0; i < sql_files_n; i++) {
        struct migration m = migration_of(&sql_files[i]);
        if ((is_numbered(&sql_files[i]) || strcmp(sql_files[i].name, "views.sql") == 0) && !is_applied(a, n, &m))
            return err_with(ERR_SCHEMA, "%s is not applied: run `altledger migrate`", sql_files[i].name);
    }
    return OK;
}
