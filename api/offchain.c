/* api/offchain.c - see offchain.h. */
#include "api/offchain.h"

#include <string.h>
#include <time.h>

#include "api/render.h"
#include "governance/count.h"
#include "governance/policy.h"

const struct member log_extra[] = {LOG_SIZE_MEMBER, {0}};

struct instant offchain_clock(void)
{
    return (struct instant){time(NULL)};
}

void statement_log(struct statement *s, const struct request *r)
{
    struct instant now = offchain_clock();
    statement_in(s, (struct param){T_TIME, r->at.kind == AT_LATEST ? arena_copy(r->arena, &now, sizeof now) : NULL});
    statement_time(s, r);
}

void offchain_render(const struct request *r, const struct rows *rows, struct reply *reply)
{
    size_t column = AT_COLUMNS;
    for (const struct member *m = r->route->members; m->name != NULL; m++, column++) {
        if (m->optional && rows_null(rows, 0, column))
            continue;
        jw_key(&reply->json, m->name);
        render_cell(&reply->json, m, rows, 0, column);
    }
}

void offchain_write_json(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    if (rows_null(rows, row, column)) {
        jw_null(w);
        return;
    }
    const char *text = rows_text(rows, row, column);
    jw_raw(w, text, strlen(text));
}

static void write_scalars(struct json_writer *w, const struct rows *rows, size_t row, size_t column, enum type type)
{
    if (rows_null(rows, row, column))
        jw_null(w);
    else
        nested_write_scalars(w, rows, row, column, type);
}

void offchain_write_texts(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    write_scalars(w, rows, row, column, T_TEXT);
}

void offchain_write_scores(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    write_scalars(w, rows, row, column, T_TOTAL);
}

void offchain_write_type(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    if (rows_null(rows, row, column))
        jw_null(w);
    else
        jw_text(w, voting_name((enum voting)rows_i64(rows, row, column)));
}

void offchain_write_policy(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    char text[POLICY_TEXT];
    if (rows_null(rows, row, column)) {
        jw_null(w);
        return;
    }
    policy_format((uint32_t)rows_i64(rows, row, column), text);
    jw_text(w, text);
}

void offchain_write_finality(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    if (rows_null(rows, row, column))
        jw_null(w);
    else
        jw_text(w, finality_name((enum finality)rows_i64(rows, row, column)));
}
