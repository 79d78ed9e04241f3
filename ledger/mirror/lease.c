/* ledger/mirror/lease.c - see lease.h. */
#include "ledger/mirror/lease.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static char holder[96];

static void make_holder(void)
{
    char host[40] = "";
    uint32_t random = 0;
    gethostname(host, sizeof host - 1);
    ssize_t got = getrandom(&random, sizeof random, 0);
    snprintf(holder, sizeof holder, "%s:%ld:%08x", host, (long)getpid(), got == sizeof random ? random : 0);
}

const char *lease_holder(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_holder);
    return holder;
}

static int64_t number_or_none(const struct rows *rows, size_t column)
{
    return rows_null(rows, 0, column) ? -1 : rows_i64(rows, 0, column);
}

static struct hash hash_or_zero(const struct rows *rows, size_t column)
{
    return rows_null(rows, 0, column) ? hash_zero : rows_hash(rows, 0, column);
}

enum err cursor_read(struct db *db, struct arena *arena, struct cursor *out)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(db,
                 "SELECT epoch, chain_id, network, network_hash, rules_version, generation, head_block, head_number,"
                 "       head_hash, safe_number, finalized_number, source_head, source_mark, root, next_block,"
                 "       next_feed_seq, next_account, events"
                 "  FROM mirror.cursor",
                 WITH_NOTHING, &rows));
    if (rows_count(rows) != 1)
        return err_with(ERR_SCHEMA, "mirror.cursor has %zu rows", rows_count(rows));
    *out = (struct cursor){
        .epoch = rows_i64(rows, 0, 0),
        .chain_id = number_or_none(rows, 1),
        .network = rows_null(rows, 0, 2) ? NULL
                                         : arena_text(arena, rows_text(rows, 0, 2), strlen(rows_text(rows, 0, 2))),
        .network_hash = hash_or_zero(rows, 3),
        .rules_version = rows_null(rows, 0, 4) ? 0 : (int32_t)rows_i64(rows, 0, 4),
        .generation = (int32_t)rows_i64(rows, 0, 5),
        .head_block = number_or_none(rows, 6),
        .head_number = number_or_none(rows, 7),
        .head_hash = hash_or_zero(rows, 8),
        .safe_number = number_or_none(rows, 9),
        .finalized_number = number_or_none(rows, 10),
        .source_head = number_or_none(rows, 11),
        .source_mark = rows_i64(rows, 0, 12),
        .root = hash_or_zero(rows, 13),
        .next_block = rows_i64(rows, 0, 14),
        .next_feed_seq = rows_i64(rows, 0, 15),
        .next_account = rows_i64(rows, 0, 16),
        .events = rows_i64(rows, 0, 17),
    };
    return OK;
}

/* A stopped writer may hold the row's lock in an open transaction: end its backend, if it still is that backend. Only the
 * login role may do that, not the writer's role; and that is all it may do: it reads nothing of ours. */
static enum err end_old_backend(struct db *db, int64_t pid)
{
    TRY(db_run(db, "RESET ROLE", WITH_NOTHING, NULL));
    enum err e =
        db_run(db,
               "SELECT pg_catalog.pg_terminate_backend(a.pid, 2000) FROM pg_catalog.pg_stat_activity a"
               " WHERE a.pid = $1 AND a.pid <> pg_catalog.pg_backend_pid() AND a.application_name = 'altledger mirror'",
               WITH(IN(&pid)), NULL);
    TRY(db_run(db, "SET ROLE altledger_writer", WITH_NOTHING, NULL));
    return e;
}

enum err lease_take(struct db *db, struct arena *arena, struct cursor *out)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(db,
                 "SELECT holder, expires_at::text, expires_at IS NULL OR expires_at < clock_timestamp() OR holder = $1"
                 "       OR NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = c.backend_pid),"
                 "       expires_at < clock_timestamp(), backend_pid::bigint"
                 "  FROM mirror.cursor c",
                 WITH(IN(lease_holder())), &rows));
    if (rows_count(rows) != 1)
        return err_with(ERR_SCHEMA, "mirror.cursor has %zu rows", rows_count(rows));
    if (!rows_bool(rows, 0, 2))
        return err_with(ERR_LEASE_LOST, "held by %s until %s", rows_text(rows, 0, 0), rows_text(rows, 0, 1));
    if (!rows_null(rows, 0, 3) && rows_bool(rows, 0, 3) && !rows_null(rows, 0, 4))
        TRY(end_old_backend(db, rows_i64(rows, 0, 4)));
    int32_t seconds = LEASE_SECONDS;
    uint64_t taken = 0;
    TRY(db_run(db,
               "UPDATE mirror.cursor c SET epoch = epoch + 1, holder = $1, backend_pid = pg_backend_pid(),"
               "       expires_at = clock_timestamp() + make_interval(secs => $2), stopped = NULL"
               " WHERE expires_at IS NULL OR expires_at < clock_timestamp() OR holder = $1"
               "    OR NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = c.backend_pid)",
               WITH(IN(lease_holder()), IN(&seconds)), &taken));
    if (taken != 1)
        return err_with(ERR_LEASE_LOST, "another writer was quicker");
    return cursor_read(db, arena, out);
}

static enum err hold(struct db *db, int64_t epoch, int32_t seconds)
{
    uint64_t n = 0;
    TRY(db_run(db,
               "UPDATE mirror.cursor SET expires_at = clock_timestamp() + make_interval(secs => $2) WHERE epoch = $1",
               WITH(IN(&epoch), IN(&seconds)), &n));
    return n == 1 ? OK : err_with(ERR_LEASE_LOST, "epoch %lld is over", (long long)epoch);
}

enum err lease_renew(struct db *db, int64_t epoch)
{
    return hold(db, epoch, LEASE_SECONDS);
}

enum err lease_hold(struct db *db, int64_t epoch)
{
    return hold(db, epoch, LEASE_HOLD_SECONDS);
}

void lease_release(struct db *db, int64_t epoch)
{
    if (db_run(db, "UPDATE mirror.cursor SET expires_at = NULL, holder = NULL, backend_pid = NULL WHERE epoch = $1",
               WITH(IN(&epoch)), NULL) != OK)
        err_clear();
}

static struct param or_null(enum type type, const int64_t *number, const void *value)
{
    return (struct param){type, *number < 0 ? NULL : value};
}

enum err cursor_advance(struct db *db, const struct cursor *before, const struct cursor *after)
{
    int32_t seconds = LEASE_SECONDS;
    uint64_t n = 0;
    const struct param in[] = {
        IN(&before->epoch),
        or_null(T_HASH, &before->head_number, &before->head_hash),
        IN(&seconds),
        or_null(T_I64, &after->head_block, &after->head_block),
        or_null(T_I64, &after->head_number, &after->head_number),
        or_null(T_HASH, &after->head_number, &after->head_hash),
        or_null(T_I64, &after->safe_number, &after->safe_number),
        or_null(T_I64, &after->finalized_number, &after->finalized_number),
        or_null(T_I64, &after->source_head, &after->source_head),
        IN(&after->source_mark),
        IN(&after->root),
        IN(&after->next_block),
        IN(&after->next_feed_seq),
        IN(&after->next_account),
        IN(&after->events),
    };
    TRY(db_run(db,
               "UPDATE mirror.cursor SET expires_at = clock_timestamp() + make_interval(secs => $3),"
               "       head_block = $4, head_number = $5, head_hash = $6, safe_number = $7, finalized_number = $8,"
               "       source_head = $9, source_mark = $10, root = $11, next_block = $12, next_feed_seq = $13,"
               "       next_account = $14, events = $15, state_version = state_version + 1"
               " WHERE epoch = $1 AND head_hash IS NOT DISTINCT FROM $2",
               in, sizeof in / sizeof *in, &n));
    return n == 1 ? OK : err_with(ERR_LEASE_LOST, "epoch %lld or its head is over", (long long)before->epoch);
}

enum err cursor_stop(struct db *db, int64_t epoch, const char *reason)
{
    uint64_t n = 0;
    TRY(db_run(db, "UPDATE mirror.cursor SET stopped = $2, state_version = state_version + 1 WHERE epoch = $1",
               WITH(IN(&epoch), IN(reason)), &n));
    return n == 1 ? OK : err_with(ERR_LEASE_LOST, "epoch %lld is over", (long long)epoch);
}
