/* governance/lines.c - see lines.h. */
#include "governance/lines.h"

#include <stdio.h>
#include <string.h>

#include "ledger/core/crew.h"
#include "ledger/core/gzip.h"

enum { PIECE_LINES = 64, PIECE_BYTES = 256 * 1024, PIECES = 64, LINE_MAX_BYTES = 1 << 20 };

/* Some lines, read by one thread, checked by another. */
struct piece {
    const struct lines_options *options;
    struct arena arena;
    struct buffer text;
    size_t n;
    uint64_t first; /* its line number */
    uint64_t chain_id, known;
    size_t begins[PIECE_LINES + 1];
    struct line_taken lines[PIECE_LINES];
    char faults[PIECE_LINES][CHECK_FAULT_MAX];
};

static void check_line(struct piece *p, size_t i)
{
    struct line_taken *t = &p->lines[i];
    *t = (struct line_taken){.number = p->first + i, .arena = &p->arena};
    t->text = (struct slice){p->text.p + p->begins[i], p->begins[i + 1] - p->begins[i]};
    if (bundle_line_parse(t->text, &p->arena, &t->line) != OK) {
        (void)snprintf(p->faults[i], sizeof p->faults[i], "%s", err_detail());
        t->fault = p->faults[i];
        return;
    }
    if (t->line.kind != BUNDLE_ENTRY)
        return;
    const struct bundle_entry *e = &t->line.entry;
    t->checked = (struct checked){.chain_id = p->chain_id,
                                  .position = e->position,
                                  .size = e->size,
                                  .root = e->root,
                                  .text = {(const uint8_t *)e->text, e->n},
                                  .known = e->position < p->known};
    if (!p->options->without_receipts)
        t->checked.receipt = e->signature;
    check_entry(&t->checked, &p->arena);
}

static void work(void *piece)
{
    struct piece *p = piece;
    for (size_t i = 0; i < p->n; i++)
        check_line(p, i);
}

static void clear(struct piece *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->lines[i].checked.read)
            entry_done(&p->lines[i].checked.entry);
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

static enum err take(const struct lines_options *o, struct piece *p)
{
    enum err e = OK;
    for (size_t i = 0; e == OK && i < p->n; i++)
        e = o->take(o->arg, &p->lines[i]);
    if (e == OK && o->stop != NULL && atomic_load(o->stop))
        e = err_with(ERR_STOPPED, "stopped");
    return e;
}

static enum err run(const struct lines_options *o, struct line_reader *lines, struct crew *crew, struct piece *pieces)
{
    bool end = false;
    size_t next = 0;
    enum err e = OK;
    for (;;) {
        while (e == OK && !end && crew_has_room(crew)) {
            struct piece *p = &pieces[next++ % PIECES];
            e = read_piece(lines, p, &end);
            crew_give(crew, p);
        }
        struct piece *p = crew_take(crew);
        if (p == NULL)
            return e;
        if (e == OK)
            e = take(o, p);
        clear(p);
    }
}

static enum err begin(const struct lines_options *o, struct line_reader *lines, uint64_t *chain_id, uint64_t *known)
{
    AUTO_ARENA arena = {0};
    struct slice text;
    struct bundle_line line;
    uint64_t number;
    enum err e = line_next(lines, &text, &number);
    if (e == ERR_END)
        return err_with(ERR_FIELD, "the file is empty");
    TRY(e);
    e = bundle_line_parse(text, &arena, &line);
    if (e != OK)
        return err_with(ERR_FIELD, "line 1: it is neither a bundle's nor a log's");
    return o->begin(o->arg, &line, chain_id, known);
}

enum err lines_run(const struct lines_options *options)
{
    AUTO_LINES lines = NULL;
    AUTO_CREW crew = NULL;
    uint64_t chain_id = 0, known = 0;
    TRY(line_open(options->path, &lines));
    line_limit(lines, LINE_MAX_BYTES);
    TRY(begin(options, lines, &chain_id, &known));
    TRY(crew_open(options->threads, PIECES, work, &crew));
    struct piece *pieces = memory_resize(NULL, PIECES * sizeof *pieces);
    memset(pieces, 0, PIECES * sizeof *pieces);
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i].options = options;
        pieces[i].chain_id = chain_id;
        pieces[i].known = known;
    }
    enum err e = run(options, lines, crew, pieces);
    for (size_t i = 0; i < PIECES; i++) {
        arena_done(&pieces[i].arena);
        buffer_done(&pieces[i].text);
    }
    memory_free(pieces);
    return e;
}
