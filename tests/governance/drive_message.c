/* tests/governance/drive_message.c - says of each envelope on stdin (one a line) what it is; with "forms", which forms are taken. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "governance/message_forms.h"

static void write_text(struct json_writer *w, const char *key, const char *text)
{
    jw_key(w, key);
    jw_text(w, text == NULL ? "" : text);
}

static void write_texts(struct json_writer *w, const char *key, const char *const *texts, size_t n)
{
    jw_key(w, key);
    jw_array(w);
    for (size_t i = 0; i < n; i++)
        jw_text(w, texts[i]);
    jw_array_end(w);
}

static void write_number(struct json_writer *w, const char *key, int64_t v)
{
    jw_key(w, key);
    jw_i64(w, v);
}

static void write_proposal(struct json_writer *w, const struct proposal_text *t)
{
    write_text(w, "type", t->type_known ? voting_name(t->type) : "");
    write_text(w, "title", t->title);
    write_text(w, "body", t->body);
    write_text(w, "discussion", t->discussion);
    write_text(w, "plugins", t->plugins);
    write_text(w, "privacy", t->privacy);
    write_texts(w, "choices", t->choices, t->n_choices);
    write_texts(w, "labels", t->labels, t->n_labels);
    write_number(w, "start", t->starts.unix_seconds);
    write_number(w, "end", t->ends.unix_seconds);
    write_number(w, "snapshot", (int64_t)t->snapshot);
}

/* Whether the entry of it is read back to the byte. */
static bool comes_back(const struct message *m, struct arena *arena)
{
    AUTO_BUFFER b = {0};
    struct entry e;
    const struct evidence none = {0};
    if (entry_write(m, &none, m->stamp, &b) != OK || entry_parse((struct slice){b.p, b.n}, arena, &e) != OK)
        return false;
    bool same = hash_equal(e.digest, m->digest);
    entry_done(&e);
    return same;
}

static void write_message(struct json_writer *w, const struct message *m, struct arena *arena)
{
    struct address signer = address_zero;
    enum err checked = message_check_signature(m, &signer);
    write_text(w, "kind", message_kind_name(m->kind));
    jw_key(w, "digest");
    jw_hash(w, m->digest);
    jw_key(w, "proposal");
    jw_hash(w, m->proposal);
    jw_key(w, "from");
    jw_address(w, m->author);
    jw_key(w, "signer");
    jw_address(w, signer);
    write_text(w, "signature", err_slug(checked));
    write_text(w, "space", m->space);
    write_number(w, "timestamp", m->stamp.unix_seconds);
    write_text(w, "reason", m->reason);
    write_text(w, "metadata", m->metadata);
    write_text(w, "app", m->kind == MESSAGE_VOTE ? m->app : m->text.app);
    jw_key(w, "alias");
    jw_address(w, m->alias);
    jw_key(w, "comes_back");
    jw_bool(w, comes_back(m, arena));
    if (m->choice != NULL) {
        const char *choice = json_canonical(m->choice, arena);
        jw_key(w, "choice");
        jw_raw(w, choice, strlen(choice));
    }
    if (m->text.title != NULL)
        write_proposal(w, &m->text);
}

static void say(const char *line, size_t n)
{
    AUTO_ARENA arena = {0};
    AUTO_BUFFER out = {0};
    AUTO_MESSAGE m = {0};
    struct json_writer w;
    jw_start(&w, &out);
    jw_object(&w);
    enum err e = message_parse(line, n, &arena, &m);
    if (e == OK)
        write_message(&w, &m, &arena);
    else
        write_text(&w, "error", err_detail());
    jw_object_end(&w);
    printf("%.*s\n", (int)out.n, (const char *)out.p);
}

int main(int argc, char **argv)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    json_setup();
    if (argc > 1 && strcmp(argv[1], "forms") == 0) {
        for (const struct message_form *f = message_forms; f->type != NULL; f++)
            printf("%s %s\n", message_kind_name(f->kind), f->type);
        return 0;
    }
    while ((n = getline(&line, &size, stdin)) >= 0)
        say(line, (size_t)n);
    free(line);
    return 0;
}
