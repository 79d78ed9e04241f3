/* api/typed_data.c - messages ready to be signed by a wallet: typed data, digest, and what they do in words.
 *
 * The typed data is that of snapshot.js 0.17.5's Client712 for the same message, down to the digest. */
#include "api/typed_data.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "api/body.h"
#include "api/routes.h"
#include "governance/message_forms.h"
#include "ledger/core/eip712.h"

#define LAST_SECOND 253402300799 /* of the year 9999 */
enum { TEXT_MAX = 65535, CHOICE_LIST_MAX = CHOICES_MAX, LABELS_MAX = 100 };

/* ---- values of the message ---- */

static void put(json_t *values, const char *name, json_t *value)
{
    int rc = json_object_set_new(values, name, value);
    assert(rc == 0);
}

static const json_t *given(const struct request *r, const char *name)
{
    return body_given(r, name) ? json_object_get(r->body, name) : NULL;
}

static void put_text(json_t *values, const struct request *r, const char *name, const char *otherwise)
{
    const json_t *value = given(r, name);
    put(values, name, value != NULL ? json_deep_copy(value) : json_string(otherwise));
}

static void put_list(json_t *values, const struct request *r, const char *name)
{
    const json_t *value = given(r, name);
    put(values, name, value != NULL ? json_deep_copy(value) : json_array());
}

/* As snapshot.js writes it: EIP-55. */
static void put_address(json_t *values, const struct request *r, const char *name)
{
    char text[ADDRESS_TEXT + 1];
    address_format(body_address(r, name), text);
    put(values, name, json_string(text));
}

static void put_u64(json_t *values, const struct request *r, const char *name)
{
    put(values, name, json_integer((json_int_t)body_u64(r, name)));
}

static void put_common(json_t *values, const struct request *r)
{
    put_address(values, r, "from");
    put(values, "timestamp",
        json_integer(body_given(r, "timestamp") ? (json_int_t)body_u64(r, "timestamp") : (json_int_t)time(NULL)));
}

/* JSON without white space, appended. */
static int append(const char *p, size_t n, void *out)
{
    buffer_bytes(out, p, n);
    return 0;
}

static void put_json(struct buffer *out, const json_t *j)
{
    int rc = json_dump_callback(j, append, out, JSON_COMPACT | JSON_ENCODE_ANY);
    assert(rc == 0);
}

/* An object, or its text as it is. */
static enum err put_plugins(json_t *values, const struct request *r)
{
    AUTO_BUFFER text = {0};
    const json_t *plugins = given(r, "plugins");
    if (plugins == NULL || json_is_string(plugins)) {
        put_text(values, r, "plugins", "{}");
        return OK;
    }
    if (!json_is_object(plugins))
        return err_with(ERR_FIELD, "plugins: must be an object or its JSON text");
    put_json(&text, plugins);
    put(values, "plugins", json_stringn((const char *)text.p, text.n));
    return OK;
}

static enum err put_proposed(json_t *values, const struct request *r)
{
    enum voting unused;
    if (!voting_parse(json_string_value(json_object_get(r->body, "type")), &unused))
        return err_with(ERR_FIELD, "type: must be one of Snapshot's types of voting");
    put_text(values, r, "type", "");
    put_text(values, r, "title", "");
    put_text(values, r, "body", "");
    put_text(values, r, "discussion", "");
    put_list(values, r, "choices");
    put_list(values, r, "labels");
    put(values, "privacy", json_string(""));
    return put_plugins(values, r);
}

/* ---- what it is about ---- */

static enum err read_subject(const struct request *r, struct db *db, struct typed_subject *out)
{
    enum { SPACE, TITLE, TYPE, CHOICES };
    AUTO_ROWS rows = NULL;
    const json_t *id = json_object_get(r->body, "proposal");
    TRY(hash_parse(json_string_value(id), json_string_length(id), &out->id));
    TRY(db_query(db,
                 "SELECT p.space, p.title, p.type, p.choices FROM governance.proposal p WHERE p.id = $1"
                 " ORDER BY p.version DESC LIMIT 1",
                 WITH(IN(&out->id)), &rows));
    if (rows_count(rows) == 0)
        return err_with(ERR_NOT_FOUND, "proposal: there is no such off-chain proposal");
    const char *space = rows_text(rows, 0, SPACE), *title = rows_text(rows, 0, TITLE),
               *text = rows_text(rows, 0, CHOICES);
    TRY(json_parse(text, strlen(text), JSON_DEPTH_MAX, &out->choices));
    out->space = arena_text(r->arena, space, strlen(space));
    out->title = arena_text(r->arena, title, strlen(title));
    out->type = (enum voting)rows_i64(rows, 0, TYPE);
    out->n_choices = json_array_size(out->choices);
    return OK;
}

static void subject_done(struct typed_subject *s)
{
    json_release(&s->choices);
}

static void put_subject(json_t *values, const struct typed_subject *s)
{
    char id[HASH_TEXT + 1];
    hash_format(s->id, id);
    put(values, "proposal", json_string(id));
    put(values, "space", json_string(s->space));
}

/* ---- choices ---- */

/* Which of its three forms a ballot has, as snapshot.js has it; it has none of its own for copeland, whose choices are
 * those of ranked choice. */
static const char *choice_type(enum voting type)
{
    switch (type) {
    case VOTING_APPROVAL:
    case VOTING_RANKED_CHOICE:
    case VOTING_COPELAND:
        return "uint32[]";
    case VOTING_WEIGHTED:
    case VOTING_QUADRATIC:
        return "string";
    case VOTING_BASIC:
    case VOTING_SINGLE_CHOICE:
    case VOTING_COUNT:
        return "uint32";
    }
    return "uint32";
}

/* As JSON.stringify writes an object with such keys: ascending. */
static json_t *weights_text(const json_t *weights, size_t n_choices)
{
    AUTO_BUFFER text = {0};
    char key[24];
    buffer_u8(&text, '{');
    for (size_t i = 1; i <= n_choices; i++) {
        (void)snprintf(key, sizeof key, "%zu", i);
        const json_t *weight = json_object_get(weights, key);
        if (weight == NULL)
            continue;
        buffer_printf(&text, "%s\"%s\":", text.n > 1 ? "," : "", key);
        put_json(&text, weight);
    }
    buffer_u8(&text, '}');
    return json_stringn((const char *)text.p, text.n);
}

static enum err put_choice(json_t *values, const struct request *r, const struct typed_subject *s,
                           struct choice *picked)
{
    const json_t *choice = json_object_get(r->body, "choice");
    if (choice_parse(s->type, s->n_choices, choice, r->arena, picked) != OK)
        return err_with(ERR_FIELD, "choice: %s", err_detail());
    put(values, "choice", json_is_object(choice) ? weights_text(choice, s->n_choices) : json_deep_copy(choice));
    return OK;
}

/* ---- the form ---- */

/* The first of its kind is what wallets are asked to sign today. */
static const char *form_of(enum message_kind kind, const char *choice)
{
    AUTO_BUFFER member = {0};
    buffer_printf(&member, ",%s choice,", choice);
    buffer_u8(&member, '\0');
    const struct message_form *f = message_forms;
    while (f->type != NULL && (f->kind != kind || (kind == MESSAGE_VOTE && strstr(f->type, (char *)member.p) == NULL)))
        f++;
    assert(f->type != NULL);
    return f->type;
}

static json_t *member_of(const char *type, size_t type_n, const char *name, size_t name_n)
{
    json_t *member = json_object();
    put(member, "name", json_stringn(name, name_n));
    put(member, "type", json_stringn(type, type_n));
    return member;
}

static json_t *domain_members(void)
{
    json_t *members = json_array();
    (void)json_array_append_new(members, member_of("string", 6, "name", 4));
    (void)json_array_append_new(members, member_of("string", 6, "version", 7));
    return members;
}

/* What eth_signTypedData_v4 takes; `form` is encodeType of its primary type, and each of its members is among the values. */
static json_t *payload_of(const char *form, json_t *values, json_t **message)
{
    size_t name_n = strcspn(form, "(");
    json_t *payload = json_object(), *domain = json_object(), *types = json_object(), *members = json_array();
    char name[32];
    (void)snprintf(name, sizeof name, "%.*s", (int)name_n, form);
    put(domain, "name", json_string("snapshot"));
    put(domain, "version", json_string("0.1.4"));
    *message = json_object();
    for (const char *at = form + name_n; *at != ')'; at += strcspn(at, ",)")) {
        const char *type = ++at;
        size_t type_n = strcspn(type, " "), n = strcspn(type + type_n + 1, ",)");
        json_t *member = member_of(type, type_n, type + type_n + 1, n);
        const char *of = json_string_value(json_object_get(member, "name"));
        assert(json_object_get(values, of) != NULL);
        put(*message, of, json_incref(json_object_get(values, of)));
        (void)json_array_append_new(members, member);
    }
    put(types, "EIP712Domain", domain_members());
    put(types, name, members);
    put(payload, "domain", domain);
    put(payload, "types", types);
    put(payload, "primaryType", json_string(name));
    put(payload, "message", *message);
    return payload;
}

static enum err answer(enum message_kind kind, json_t *values, const struct typed_subject *subject,
                       const struct choice *picked, struct reply *reply)
{
    AUTO_BUFFER text = {0};
    AUTO_BUFFER tree = {0};
    struct hash digest;
    json_t *message = NULL;
    AUTO_JSON payload = payload_of(form_of(kind, kind == MESSAGE_VOTE ? choice_type(subject->type) : ""), values,
                                   &message);
    TRY(eip712_digest(json_object_get(payload, "domain"), json_object_get(payload, "types"),
                      json_string_value(json_object_get(payload, "primaryType")), message, &digest));
    typed_text(kind, message, subject, picked, &text);
    put_json(&tree, payload);
    struct json_writer *w = &reply->json;
    jw_key(w, "kind");
    jw_text(w, message_kind_name(kind));
    jw_key(w, "digest");
    jw_hash(w, digest);
    jw_key(w, "payload");
    jw_raw(w, (const char *)tree.p, tree.n);
    jw_key(w, "text");
    jw_text_n(w, (const char *)text.p, text.n);
    jw_key(w, "envelope_url");
    jw_text(w, "/v1/messages");
    return OK;
}

/* ---- one handler a kind ---- */

static enum err proposal_run(const struct request *r, struct db *db, struct reply *reply)
{
    AUTO_JSON values = json_object();
    AUTO_ROWS rows = NULL;
    const char *space = json_string_value(json_object_get(r->body, "space"));
    TRY(db_query(db, "SELECT 1 FROM governance.space s WHERE s.id = $1 LIMIT 1", WITH(IN(space)), &rows));
    if (rows_count(rows) == 0)
        return err_with(ERR_NOT_FOUND, "space: there is no such space");
    put_common(values, r);
    put_text(values, r, "space", "");
    put_u64(values, r, "start");
    put_u64(values, r, "end");
    put_u64(values, r, "snapshot");
    put_text(values, r, "app", "");
    TRY(put_proposed(values, r));
    return answer(MESSAGE_PROPOSAL, values, NULL, NULL, reply);
}

static enum err about_run(enum message_kind kind, const struct request *r, struct db *db, struct reply *reply)
{
    AUTO_JSON values = json_object();
    __attribute__((cleanup(subject_done))) struct typed_subject subject = {.type = VOTING_COUNT};
    struct choice picked = {0};
    TRY(read_subject(r, db, &subject));
    put_common(values, r);
    put_subject(values, &subject);
    if (kind == MESSAGE_UPDATE)
        TRY(put_proposed(values, r));
    if (kind == MESSAGE_VOTE) {
        TRY(put_choice(values, r, &subject, &picked));
        put_text(values, r, "reason", "");
        put_text(values, r, "app", "");
        put_text(values, r, "metadata", "{}");
    }
    return answer(kind, values, &subject, &picked, reply);
}

static enum err update_run(const struct request *r, struct db *db, struct reply *reply)
{
    return about_run(MESSAGE_UPDATE, r, db, reply);
}

static enum err cancel_run(const struct request *r, struct db *db, struct reply *reply)
{
    return about_run(MESSAGE_CANCEL, r, db, reply);
}

static enum err vote_run(const struct request *r, struct db *db, struct reply *reply)
{
    return about_run(MESSAGE_VOTE, r, db, reply);
}

static enum err alias_run(const struct request *r, struct db *db, struct reply *reply)
{
    (void)db;
    AUTO_JSON values = json_object();
    put_common(values, r);
    put_address(values, r, "alias");
    return answer(MESSAGE_ALIAS, values, NULL, NULL, reply);
}

/* ---- routes ---- */

static const struct member reply_members[] = {
    {.name = "kind", .type = T_TEXT, .about = "proposal, update-proposal, cancel-proposal, vote or alias."},
    {.name = "digest", .type = T_HASH, .about = "What is signed (EIP-712); the message's id once it is in the log."},
    {.name = "payload",
     .nest = NEST_ANY,
     .about =
         "For eth_signTypedData_v4: {domain, types, primaryType, message}. types and message are those of snapshot.js."},
    {.name = "text", .type = T_TEXT, .about = "What it does, in words. What people wrote stands in quotes."},
    {.name = "envelope_url",
     .type = T_TEXT,
     .about = "Where to post {address, sig, data: {domain, types, message}} once it is signed."},
    {0}};

#define FROM                                                               \
    {                                                                      \
        .name = "from", .type = T_ADDRESS, .about = "Whose message it is." \
    }
#define STAMP                                                                                       \
    {                                                                                               \
        .name = "timestamp", .type = T_U64, .max = LAST_SECOND, .optional = true, .nullable = true, \
        .about = "Unix seconds; without it those of the service's clock."                           \
    }
#define OF_PROPOSAL                                                                                \
    {                                                                                              \
        .name = "proposal", .type = T_HASH, .about = "The off-chain proposal; its space is taken." \
    }
#define TEXT(called, most, may_miss, sentence)                                                                     \
    {                                                                                                              \
        .name = called, .type = T_TEXT, .max = most, .optional = may_miss, .nullable = may_miss, .about = sentence \
    }
/* clang-format off */
#define PROPOSED                                                                                                      \
    TEXT("type", 64, false, "basic, single-choice, approval, weighted, quadratic, ranked-choice or copeland."),       \
    TEXT("title", TEXT_MAX, false, "Its title."),                                                                     \
    TEXT("body", TEXT_MAX, false, "Its text, Markdown."),                                                             \
    TEXT("discussion", TEXT_MAX, true, "Where it is discussed; without it empty."),                                   \
    {.name = "choices", .type = T_TEXT, .nest = NEST_SCALARS, .max = CHOICE_LIST_MAX, .about = "What is voted on."},  \
    {.name = "labels", .type = T_TEXT, .nest = NEST_SCALARS, .max = LABELS_MAX, .optional = true, .nullable = true,   \
     .about = "Labels of the space; without it none."},                                                               \
    {.name = "plugins", .nest = NEST_ANY, .optional = true, .nullable = true,                                         \
     .about = "An object or its JSON text, such as {\"altledger\":{\"policy\":\"stake\"}}; without it {}."}
/* clang-format on */
#define TYPED(kind, sentence, members_, handler)                                                    \
    {                                                                                               \
        .method = "POST", .path = "/v1/typed-data/" kind, .about = sentence, .shape = SHAPE_OBJECT, \
        .cache = CACHE_NEVER, .body = members_, .members = reply_members, .run = handler            \
    }

const struct route typed_data_routes[] =
    {TYPED("proposal", "A new proposal, ready to be signed.",
           MEMBERS(FROM, TEXT("space", 128, false, "Where it is proposed."), PROPOSED,
                   {.name = "start", .type = T_U64, .max = LAST_SECOND, .about = "First second of voting, unix."},
                   {.name = "end", .type = T_U64, .max = LAST_SECOND, .about = "Last second of voting, unix."},
                   {.name = "snapshot", .type = T_U64, .about = "Block at whose end power is read."},
                   TEXT("app", 256, true, "By which program; without it empty."), STAMP),
           proposal_run),
     TYPED("update-proposal", "Another text of a proposal before voting begins, ready to be signed.",
           MEMBERS(FROM, OF_PROPOSAL, PROPOSED, STAMP), update_run),
     TYPED("cancel-proposal", "The cancellation of a proposal, ready to be signed.", MEMBERS(FROM, OF_PROPOSAL, STAMP),
           cancel_run),
     TYPED("vote", "A ballot, ready to be signed.",
           MEMBERS(FROM, OF_PROPOSAL,
                   {.name = "choice",
                    .nest = NEST_ANY,
                    .about =
                        "By the proposal's type: a number, an array of numbers, or an object of weights by number."},
                   TEXT("reason", TEXT_MAX, true, "Why; without it empty."),
                   TEXT("app", 256, true, "By which program; without it empty."),
                   TEXT("metadata", TEXT_MAX, true, "JSON text; without it {}."), STAMP),
           vote_run),
     TYPED("alias", "Leave to sign for an address, ready to be signed by that address.",
           MEMBERS(FROM, {.name = "alias", .type = T_ADDRESS, .about = "Who may sign for it; zero withdraws all."},
                   STAMP),
           alias_run),
     {0}};
