/* governance/tally.c - a bundle through the threads: read, checked side by side, taken in order; see tally.h. */
#include "governance/tally.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "governance/tally_impl.h"

enum { HEADER_BYTES_MAX = 64 * 1024, PIECES = 64, PROGRESS_EVERY = 4096 };

void tally_complain(struct tally *t, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    t->report->complaints++;
    t->options->complain(t->options->arg, text);
}

/* ---- a piece ---- */

static void check_line(struct piece *p, size_t i)
{
    struct bundle_line *line = &p->lines[i];
    struct slice text = {p->text.p + p->begins[i], p->begins[i + 1] - p->begins[i]};
    p->faults[i][0] = '\0';
    if (bundle_line_parse(text, &p->arena, line) != OK) {
        (void)snprintf(p->faults[i], sizeof p->faults[i], "%s", err_detail());
        return;
    }
    if (line->kind != BUNDLE_ENTRY)
        return;
    const struct bundle_entry *e = &line->entry;
    p->checked[i] = (struct checked){.chain_id = p->chain_id,
                                     .position = e->position,
                                     .size = e->size,
                                     .root = e->root,
                                     .text = {(const uint8_t *)e->text, e->n},
                                     .receipt = p->receipts ? e->signature : (struct slice){NULL, 0}};
    check_entry(&p->checked[i], &p->arena);
}

void piece_work(void *piece)
{
    struct piece *p = piece;
    for (size_t i = 0; i < p->n; i++)
        check_line(p, i);
}

void piece_clear(struct piece *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->faults[i][0] == '\0' && p->lines[i].kind == BUNDLE_ENTRY && p->checked[i].read)
            entry_done(&p->checked[i].entry);
    p->n = 0;
    arena_reset(&p->arena);
    buffer_reset(&p->text);
}

/* Fill it with the next lines. *end: there are no more. */
static enum err read_piece(struct line_reader *lines, struct piece *p, bool *end)
{
    enum err e = OK;
    struct slice line;
    uint64_t number;
    while (p->n < PIECE_LINES && p->text.n < PIECE_BYTES && (e = line_next(lines, &line, &number)) == OK) {
        if (p->n == 0)
            p->first = number;
        p->begins[p->n++] = p->text.n;
        buffer_bytes(&p->text, line.p, line.n);
        p->begins[p->n] = p->text.n;
    }
    *end = e == ERR_END;
    return e == ERR_END ? OK : e;
}

/* ---- the file ---- */

static enum err take_piece(struct tally *t, struct piece *p)
{
    enum err e = OK;
    for (size_t i = 0; e == OK && i < p->n; i++)
        e = tally_take(t, p, i);
    piece_clear(p);
    if (t->options->progress != NULL && t->report->entries % PROGRESS_EVERY < PIECE_LINES)
        t->options->progress(t->options->arg, t->report->entries, t->header.entries);
    if (e == OK && t->options->stop != NULL && atomic_load(t->options->stop))
        e = err_with(ERR_STOPPED, "stopped");
    return e;
}

static enum err take_lines(struct tally *t, struct line_reader *lines, struct crew *crew, struct piece *pieces)
{
    bool end = false;
    size_t next = 0;
    enum err e = OK;
    for (;;) {
        while (e == OK && !end && crew_has_room(crew)) {
            struct piece *p = &pieces[next++ % PIECES];
            p->chain_id = t->header.chain_id;
            p->receipts = !t->options->without_receipts;
            e = read_piece(lines, p, &end);
            crew_give(crew, p);
        }
        struct piece *p = crew_take(crew);
        if (p == NULL)
            return e;
        if (e == OK)
            e = take_piece(t, p);
        else
            piece_clear(p);
    }
}

static enum err read_header(struct tally *t, struct line_reader *lines)
{
    struct slice text;
    struct bundle_line line;
    uint64_t number;
    enum err e = line_next(lines, &text, &number);
    if (e == ERR_END)
        return err_with(ERR_FIELD, "the file is empty");
    TRY(e);
    if (text.n > HEADER_BYTES_MAX || bundle_line_parse(text, &t->arena, &line) != OK || line.kind != BUNDLE_HEADER)
        return err_with(ERR_FIELD, "line 1 is no bundle's");
    t->header = line.header;
    t->report->header = line.header;
    t->report->header.checkpoint = t->report->header.finality = NULL;
    return OK;
}

/* The bundle says when its snapshot block was; nothing else is asked. */
static enum err time_of(void *arg, uint64_t number, bool *known, struct instant *out)
{
    const struct tally *t = arg;
    *known = number == t->header.number;
    *out = t->header.time;
    return OK;
}

static enum err run(struct tally *t, struct line_reader *lines, struct buffer *result)
{
    AUTO_CREW crew = NULL;
    TRY(read_header(t, lines));
    const struct replay_chain chain = {.blocks = {.any = true, .head = t->header.number}, .time_of = time_of, .arg = t};
    replay_init(&t->replay, &chain);
    map_init(&t->voters, sizeof(struct address), sizeof(struct tally_voter));
    struct piece *pieces = ARENA_ARRAY(&t->arena, struct piece, PIECES);
    enum err e = crew_open(t->options->threads, PIECES, piece_work, &crew);
    if (e == OK)
        e = take_lines(t, lines, crew, pieces);
    crew_close(&crew);
    for (size_t i = 0; i < PIECES; i++) {
        arena_done(&pieces[i].arena);
        buffer_done(&pieces[i].text);
    }
    if (e == OK)
        e = tally_finish(t, result);
    count_close(t->count);
    map_done(&t->voters);
    replay_done(&t->replay);
    return e;
}

enum err tally_run(const struct tally_options *options, struct buffer *result, struct tally_report *out)
{
    AUTO_LINES lines = NULL;
    struct tally t = {.options = options, .report = out};
    *out = (struct tally_report){.counted = false};
    TRY(line_open(options->path, &lines));
    enum err e = run(&t, lines, result);
    buffer_done(&t.positions);
    buffer_done(&t.leaves);
    buffer_done(&t.proof);
    buffer_done(&t.census);
    buffer_done(&t.theirs);
    arena_done(&t.arena);
    return e;
}
