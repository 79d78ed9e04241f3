/* api/typed_text.c - what a message does when it is signed, in one paragraph for people; see typed_data.h. */
#include <inttypes.h>
#include <string.h>

#include "api/typed_data.h"
#include "governance/title.h"

enum { TITLE_SHOWN = 200, BODY_SHOWN = 280, CHOICE_SHOWN = 80 };

static void quote(struct buffer *out, const json_t *text, size_t most)
{
    title_quote((struct slice){(const uint8_t *)json_string_value(text), json_string_length(text)}, most, out);
}

static void quote_text(struct buffer *out, const char *text, size_t most)
{
    title_quote((struct slice){(const uint8_t *)text, strlen(text)}, most, out);
}

static void plain(struct buffer *out, const json_t *message, const char *name)
{
    buffer_text(out, json_string_value(json_object_get(message, name)));
}

static void moment(struct buffer *out, const json_t *message, const char *name)
{
    char text[INSTANT_TEXT + 1];
    instant_format((struct instant){json_integer_value(json_object_get(message, name))}, text);
    buffer_text(out, text);
}

/* " Reason: ..." unless it is empty. */
static void also(struct buffer *out, const char *what, const json_t *message, const char *name)
{
    const json_t *text = json_object_get(message, name);
    if (json_string_length(text) == 0)
        return;
    buffer_printf(out, " %s: ", what);
    quote(out, text, BODY_SHOWN);
    buffer_u8(out, '.');
}

static void put_subject(const struct typed_subject *s, struct buffer *out)
{
    char id[HASH_TEXT + 1];
    hash_format(s->id, id);
    quote_text(out, s->title, TITLE_SHOWN);
    buffer_printf(out, " (%s) in the space ", id);
    quote_text(out, s->space, TITLE_SHOWN);
}

static void put_choice(const struct typed_subject *s, unsigned number, struct buffer *out)
{
    buffer_printf(out, "%u ", number);
    quote(out, json_array_get(s->choices, number - 1), CHOICE_SHOWN);
}

/* How the choices that were picked are joined. */
static const char *joint(enum voting type)
{
    switch (type) {
    case VOTING_RANKED_CHOICE:
    case VOTING_COPELAND:
        return ", then ";
    case VOTING_BASIC:
    case VOTING_SINGLE_CHOICE:
    case VOTING_APPROVAL:
    case VOTING_WEIGHTED:
    case VOTING_QUADRATIC:
    case VOTING_COUNT:
        return ", ";
    }
    return ", ";
}

static void put_picked(const struct typed_subject *s, const struct choice *c, struct buffer *out)
{
    if (c->n == 0)
        buffer_text(out, "none of the choices");
    for (size_t i = 0; i < c->n; i++) {
        buffer_text(out, i > 0 ? joint(s->type) : "");
        put_choice(s, c->picks[i], out);
        if (c->weights != NULL)
            buffer_printf(out, " with weight %" PRIu64, c->weights[i]);
    }
}

static void put_vote(const json_t *message, const struct typed_subject *s, const struct choice *picked,
                     struct buffer *out)
{
    plain(out, message, "from");
    buffer_text(out, " votes on ");
    put_subject(s, out);
    buffer_printf(out, " (%s): ", voting_name(s->type));
    put_picked(s, picked, out);
    buffer_text(out, ". It replaces any earlier vote of this voter on this proposal.");
    also(out, "Reason", message, "reason");
}

static void put_proposed(const json_t *message, struct buffer *out)
{
    const json_t *item;
    size_t i;
    quote(out, json_object_get(message, "title"), TITLE_SHOWN);
    buffer_text(out, ", to be decided by ");
    plain(out, message, "type");
    buffer_printf(out, " among %zu choices: ", json_array_size(json_object_get(message, "choices")));
    json_array_foreach(json_object_get(message, "choices"), i, item)
    {
        buffer_printf(out, "%s%zu ", i > 0 ? ", " : "", i + 1);
        quote(out, item, CHOICE_SHOWN);
    }
    buffer_u8(out, '.');
}

static void put_details(const json_t *message, struct buffer *out)
{
    also(out, "Text", message, "body");
    also(out, "Discussion", message, "discussion");
    if (strcmp(json_string_value(json_object_get(message, "plugins")), "{}") != 0)
        also(out, "Plugins", message, "plugins");
}

static void put_proposal(const json_t *message, struct buffer *out)
{
    plain(out, message, "from");
    buffer_text(out, " proposes in the space ");
    quote(out, json_object_get(message, "space"), TITLE_SHOWN);
    buffer_u8(out, ' ');
    put_proposed(message, out);
    buffer_text(out, " Voting lasts from ");
    moment(out, message, "start");
    buffer_text(out, " to ");
    moment(out, message, "end");
    buffer_printf(out, " with the power that voters have at block %" PRIi64 ".",
                  (int64_t)json_integer_value(json_object_get(message, "snapshot")));
    put_details(message, out);
}

static void put_alias(const json_t *message, struct buffer *out)
{
    struct address alias;
    const json_t *text = json_object_get(message, "alias");
    bool withdraws = address_parse(json_string_value(text), json_string_length(text), &alias) == OK &&
                     address_is_zero(alias);
    plain(out, message, "from");
    if (withdraws) {
        buffer_text(out, " withdraws all its aliases: nobody else may sign for it.");
        return;
    }
    buffer_text(out, " lets ");
    plain(out, message, "alias");
    buffer_text(out, " sign proposals and votes in its name.");
}

void typed_text(enum message_kind kind, const json_t *message, const struct typed_subject *subject,
                const struct choice *picked, struct buffer *out)
{
    switch (kind) {
    case MESSAGE_PROPOSAL:
        put_proposal(message, out);
        break;
    case MESSAGE_UPDATE:
        plain(out, message, "from");
        buffer_text(out, " changes ");
        put_subject(subject, out);
        buffer_text(out, " to ");
        put_proposed(message, out);
        put_details(message, out);
        break;
    case MESSAGE_CANCEL:
        plain(out, message, "from");
        buffer_text(out, " cancels ");
        put_subject(subject, out);
        buffer_text(out, ". This cannot be taken back.");
        break;
    case MESSAGE_VOTE:
        put_vote(message, subject, picked, out);
        break;
    case MESSAGE_ALIAS:
        put_alias(message, out);
        break;
    case MESSAGE_KEY:
    case MESSAGE_SPACE:
        break; /* no wallet signs such */
    }
    buffer_text(out, " Signed as of ");
    moment(out, message, "timestamp");
    buffer_u8(out, '.');
}
