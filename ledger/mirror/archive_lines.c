/* ledger/mirror/archive_lines.c - see archive_lines.h. */
#include "ledger/mirror/archive_lines.h"

#include <string.h>

#include "ledger/mirror/member.h"

enum { LINE_DEPTH_MAX = 16 }; /* nesting: foreign members may hold transactions with access lists */

enum err archive_lines_error(const struct archive_lines *l, enum err e)
{
    return err_with(e, "line %llu: %s (%s)", (unsigned long long)l->number, err_detail(), l->path);
}

enum err archive_lines_open(struct archive_lines *l, const char *path)
{
    size_t size = strlen(path) + 1;
    *l = (struct archive_lines){.path = memory_resize(NULL, size)};
    memcpy(l->path, path, size);
    enum err e = archive_lines_restart(l);
    if (e != OK)
        archive_lines_done(l);
    return e;
}

void archive_lines_done(struct archive_lines *l)
{
    line_close(&l->reader);
    archive_lines_take(l);
    memory_free(l->path);
    *l = (struct archive_lines){0};
}

enum err archive_lines_restart(struct archive_lines *l)
{
    line_close(&l->reader);
    archive_lines_take(l);
    l->number = 0;
    if (line_open(l->path, &l->reader) != OK)
        return err_with(ERR_CONFIG, "source: %s", err_detail());
    return OK;
}

void archive_lines_take(struct archive_lines *l)
{
    json_release(&l->at_hand);
}

enum err archive_lines_text(struct archive_lines *l, struct slice *out)
{
    struct slice text;
    do {
        enum err e = line_next(l->reader, &text, &l->number);
        if (e == ERR_TOO_LARGE) {
            l->number++;
            return archive_lines_error(l, ERR_FIELD);
        }
        TRY(e);
        l->bytes += text.n;
    } while (text.n == 0);
    *out = text;
    return OK;
}

static enum err members(const json_t *json, struct archive_line *out)
{
    struct archive_line line = {.block.proof = PROOF_ARCHIVE};
    uint64_t time;
    if (!json_is_object(json))
        return err_with(ERR_FIELD, "not an object");
    TRY(member_number(json, "number", BLOCK_NUMBER_MAX, &line.block.number));
    TRY(member_hash(json, "hash", &line.block.hash));
    TRY(member_hash(json, "parentHash", &line.block.parent_hash));
    TRY(member_number(json, "timestamp", BLOCK_TIME_MAX, &time));
    TRY(member_array(json, "logs", &line.logs));
    line.block.time = (int64_t)time;
    *out = line;
    return OK;
}

enum err archive_lines_parse(struct archive_lines *l, struct slice text, struct archive_line *out)
{
    archive_lines_take(l);
    if (json_parse((const char *)text.p, text.n, LINE_DEPTH_MAX, &l->at_hand) != OK || members(l->at_hand, out) != OK)
        return archive_lines_error(l, ERR_FIELD);
    return OK;
}

enum err archive_lines_get(struct archive_lines *l, struct archive_line *out)
{
    if (l->at_hand)
        return members(l->at_hand, out);
    struct slice text;
    TRY(archive_lines_text(l, &text));
    return archive_lines_parse(l, text, out);
}
