/* api/command_messages.c - altledger messages export|import [FILE]: the log of signed messages to a file, and back from one. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "api/command.h"
#include "governance/log_export.h"
#include "governance/log_import.h"
#include "ledger/core/file.h"
#include "ledger/core/log.h"

enum { TELL_EVERY_SECONDS = 5 };

static bool is_standard(const char *path)
{
    return path == NULL || strcmp(path, "-") == 0;
}

/* ---- export ---- */

static enum err write_file(void *arg, const void *bytes, size_t n)
{
    return fwrite(bytes, 1, n, arg) == n ? OK : err_with(ERR_IO, "the log cannot be written");
}

static enum err export_to(struct db *db, FILE *file, uint64_t *entries)
{
    const struct sink sink = {write_file, file};
    TRY(db_script(db, "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0"));
    TRY(db_begin(db, "ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    enum err e = log_export(db, &sink, entries);
    db_rollback(db); /* it has read only */
    if (e == OK && fflush(file) != 0)
        e = err_with(ERR_IO, "the log cannot be written");
    return e;
}

/* A file is there when it is whole. */
static enum err export_to_file(struct db *db, const char *path, uint64_t *entries)
{
    AUTO_ARENA arena = {0};
    const char *part = arena_printf(&arena, "%s.part", path);
    FILE *file = fopen(part, "wb");
    if (file == NULL)
        return file_error("open", part);
    enum err e = export_to(db, file, entries);
    if (e == OK && fsync(fileno(file)) != 0)
        e = file_error("write", part);
    if (fclose(file) != 0 && e == OK)
        e = file_error("write", part);
    if (e == OK && rename(part, path) != 0)
        e = file_error("rename", part);
    if (e != OK)
        (void)unlink(part);
    return e;
}

static enum err export(const struct session *s, const char *path) {
    struct db *db = NULL; uint64_t entries = 0; TRY(session_read(s, "altledger messages", &db));
    enum err e = is_standard(path) ? export_to(db, stdout, &entries) : export_to_file(db, path, &entries);
    db_close(db);
    if (e == OK) log_info("messages", "exported: entries=%" PRIu64, entries);
    return e;
}

/* ---- import ---- */

static void progress(void *arg, uint64_t done, uint64_t entries)
{
    time_t *told = arg, now = time(NULL);
    if (now - *told < TELL_EVERY_SECONDS)
        return;
    *told = now;
    log_info("messages", "%" PRIu64 " of %" PRIu64 " entries", done, entries);
}

static enum err import(const struct command *c, const struct session *s, const char *path)
{
    struct db *db = NULL;
    struct import_report report;
    time_t told = time(NULL);
    const struct import_options options = {.path = is_standard(path) ? "-" : path,
                                           .threads = (unsigned)config_number(c->config, "threads"),
                                           .stop = c->stop,
                                           .progress = progress,
                                           .arg = &told};
    TRY(command_check_schema(s, "altledger messages"));
    TRY(db_open(s->ballots, "altledger_ballots", "altledger messages", &db));
    enum err e = log_import(db, &options, &report);
    db_close(db);
    log_info("messages", "imported: entries=%" PRIu64 " known=%" PRIu64 " by_evidence=%" PRIu64, report.written,
             report.known, report.by_evidence);
    return e;
}

enum status command_messages(const struct command *c)
{
    const char *what = c->config->arguments[0], *path = c->config->arguments[1];
    struct session s;
    bool exports = strcmp(what, "export") == 0;
    if (!exports && strcmp(what, "import") != 0)
        return command_misused(c, "it is either export or import");
    enum err e = session_open(c->config, SESSION_READS, &s);
    if (e != OK)
        return command_failed(c, e);
    e = exports ? export(&s, path) : import(c, &s, path);
    /* One that was stopped has not done it: not 0. */
    enum status status = e == OK ? STATUS_OK : e == ERR_STOPPED ? STATUS_FAILED : command_failed(c, e);
    session_close(&s);
    return status;
}
