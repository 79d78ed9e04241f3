/* tests/governance/drive_count.c - count ballots that come as lines of JSON, and print what they give as lines of JSON.
 *
 * In:  {"type", "choices", "quorum", "ballots": [[choice, power], ...], "taken": how many of them, the first ones, are taken back}
 * Out: {"power", "scores", "voters", "quorum_reached", "tie", "winner", "succeeded"}, or {"error": slug, "detail"}.
 * Half way the sums are packed and unpacked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "governance/count.h"

enum { DEPTH = 5 };

struct ballot {
    struct choice choice;
    struct amount power;
};

static enum err read_ballot(enum voting type, size_t n, const json_t *j, struct arena *arena, struct ballot *out)
{
    const char *power = json_string_value(json_array_get(j, 1));
    TRY(choice_parse(type, n, json_array_get(j, 0), arena, &out->choice));
    return amount_parse(power, strlen(power), &out->power);
}

static enum err repack(enum voting type, size_t n, struct count **c)
{
    if (!count_packs(type))
        return OK;
    AUTO_BUFFER bytes = {0};
    count_pack(*c, &bytes);
    count_close(*c);
    *c = NULL;
    return count_unpack(type, n, (struct slice){bytes.p, bytes.n}, c);
}

static enum err count_all(enum voting type, size_t n, const json_t *j, struct arena *arena, struct count **c)
{
    const json_t *list = json_object_get(j, "ballots");
    size_t n_ballots = json_array_size(list), taken = (size_t)json_integer_value(json_object_get(j, "taken"));
    struct ballot *ballots = ARENA_ARRAY(arena, struct ballot, n_ballots);
    for (size_t i = 0; i < n_ballots; i++) {
        TRY(read_ballot(type, n, json_array_get(list, i), arena, &ballots[i]));
        if (i == n_ballots / 2)
            TRY(repack(type, n, c));
        count_add(*c, &ballots[i].choice, ballots[i].power);
    }
    for (size_t i = 0; i < taken && i < n_ballots; i++)
        count_remove(*c, &ballots[i].choice, ballots[i].power);
    return OK;
}

static void write_outcome(struct json_writer *w, struct outcome o)
{
    jw_key(w, "quorum_reached");
    jw_bool(w, o.quorum_reached);
    jw_key(w, "tie");
    jw_bool(w, o.tie);
    jw_key(w, "winner");
    jw_u64(w, o.winner);
    jw_key(w, "succeeded");
    jw_bool(w, o.succeeded);
}

static enum err answer(enum voting type, size_t n, const struct count *c, struct amount quorum, struct json_writer *w)
{
    struct amount scores[CHOICES_MAX], power;
    TRY(count_scores(c, scores, &power));
    jw_key(w, "power");
    jw_amount(w, power);
    jw_key(w, "scores");
    jw_array(w);
    for (size_t i = 0; i < n; i++)
        jw_amount(w, scores[i]);
    jw_array_end(w);
    jw_key(w, "voters");
    jw_u64(w, count_voters(c));
    write_outcome(w, count_outcome(type, n, scores, power, quorum));
    return OK;
}

static enum err run(const char *line, size_t length, struct arena *arena, struct json_writer *w)
{
    AUTO_JSON j = NULL;
    TRY(json_parse(line, length, DEPTH, &j));
    enum voting type;
    const char *quorum_text = json_string_value(json_object_get(j, "quorum"));
    size_t n = (size_t)json_integer_value(json_object_get(j, "choices"));
    struct amount quorum;
    if (!voting_parse(json_string_value(json_object_get(j, "type")), &type) || n < 1 || n > CHOICES_MAX)
        return err_with(ERR_FIELD, "type or choices");
    TRY(amount_parse(quorum_text, strlen(quorum_text), &quorum));
    struct count *c = count_open(type, n);
    enum err e = count_all(type, n, j, arena, &c);
    if (e == OK)
        e = answer(type, n, c, quorum, w);
    count_close(c);
    return e;
}

int main(void)
{
    AUTO_ARENA arena = {0};
    AUTO_BUFFER out = {0};
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    json_setup();
    while ((length = getline(&line, &room, stdin)) > 0) {
        struct json_writer w;
        jw_start(&w, &out);
        jw_object(&w);
        enum err e = run(line, (size_t)length, &arena, &w);
        if (e != OK) {
            jw_key(&w, "error");
            jw_text(&w, err_slug(e));
            jw_key(&w, "detail");
            jw_text(&w, err_detail());
        }
        jw_object_end(&w);
        buffer_text(&out, "\n");
        fwrite(out.p, 1, out.n, stdout);
        buffer_reset(&out);
        arena_reset(&arena);
    }
    free(line);
    return 0;
}
