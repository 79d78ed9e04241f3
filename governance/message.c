/* governance/message.c - envelopes read strictly: what a signed message says; see message.h. */
#include "governance/message.h"

#include <string.h>

#include "governance/message_forms.h"
#include "governance/policy.h"
#include "ledger/core/digest.h"
#include "ledger/core/eip712.h"

static const json_int_t SECONDS_MAX = (json_int_t)1 << 53;

static enum err mistake(const char *path, const char *what)
{
    return err_with(ERR_FIELD, "%s: %s", path, what);
}

/* `object` has all of `needed` and none but those and `allowed` (NULL-terminated); `path` ends with a dot, or is "". */
static enum err check_members(const char *path, const json_t *object, const char *const needed[],
                              const char *const allowed[])
{
    const char *name;
    json_t *value;
    if (!json_is_object(object))
        return err_with(ERR_FIELD, "%.*s: must be an object", *path == '\0' ? 8 : (int)strlen(path) - 1,
                        *path == '\0' ? "envelope" : path);
    for (size_t i = 0; needed[i] != NULL; i++)
        if (json_object_get(object, needed[i]) == NULL)
            return err_with(ERR_FIELD, "%s%s: missing", path, needed[i]);
    json_object_foreach((json_t *)object, name, value)
    {
        size_t i = 0, k = 0;
        while (needed[i] != NULL && strcmp(needed[i], name) != 0)
            i++;
        while (allowed[k] != NULL && strcmp(allowed[k], name) != 0)
            k++;
        if (needed[i] == NULL && allowed[k] == NULL)
            return err_with(ERR_FIELD, "%s%.64s: no such member", path, name);
    }
    return OK;
}

static enum err read_address(const char *path, const json_t *value, struct address *out)
{
    if (!json_is_string(value) || address_parse(json_string_value(value), json_string_length(value), out) != OK)
        return mistake(path, "is not an address");
    return OK;
}

/* ---- envelope ----------------------------------------------------------------------------------------------------- */

static enum err read_signature(const json_t *sig, struct arena *arena, struct slice *out)
{
    size_t n;
    if (!json_is_string(sig))
        return mistake("sig", "must be 0x and hexadecimal digits");
    uint8_t *bytes = arena_take(arena, json_string_length(sig) / 2 + 1);
    enum err e = hex_parse(json_string_value(sig), json_string_length(sig), bytes, SIGNATURE_BYTES_MAX, &n);
    if (e == ERR_TOO_LARGE)
        return mistake("sig", "is longer than 16384 bytes");
    if (e != OK)
        return mistake("sig", "must be 0x and hexadecimal digits");
    *out = (struct slice){bytes, n};
    return OK;
}

static bool is_text(const json_t *value, const char *text)
{
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

/* Snapshot's domain; some wallets add the chain. It is signed with the rest, so it may be any. */
static enum err check_domain(const json_t *domain)
{
    static const char *const needed[] = {"name", "version", NULL}, *const allowed[] = {"chainId", NULL};
    TRY(check_members("data.domain.", domain, needed, allowed));
    if (!is_text(json_object_get(domain, "name"), "snapshot"))
        return mistake("data.domain.name", "must be \"snapshot\"");
    if (!is_text(json_object_get(domain, "version"), "0.1.4"))
        return mistake("data.domain.version", "must be \"0.1.4\"");
    const json_t *chain = json_object_get(domain, "chainId");
    if (chain != NULL && (!json_is_integer(chain) || json_integer_value(chain) <= 0))
        return mistake("data.domain.chainId", "must be a positive integer");
    return OK;
}

static enum err check_types(const json_t *data, const char **primary, enum message_kind *kind)
{
    AUTO_ARENA arena = {0};
    const json_t *types = json_object_get(data, "types"), *given = json_object_get(data, "primaryType");
    const char *type;
    if (!json_is_object(types))
        return mistake("data.types", "must be an object");
    TRY(eip712_primary(types, primary));
    if (given != NULL && !is_text(given, *primary))
        return err_with(ERR_FIELD, "data.primaryType: must be \"%.64s\"", *primary);
    TRY(eip712_encode_type(types, *primary, &arena, &type));
    const struct message_form *form = message_form_find(type);
    /* A form has one struct: what else is declared would be without meaning. */
    if (form == NULL || json_object_size(types) != 1 + (size_t)(json_object_get(types, "EIP712Domain") != NULL))
        return err_with(ERR_FIELD, "data.types: there is no such form of message: %.200s", type);
    *kind = form->kind;
    return OK;
}

/* hashStruct of the domain that nearly all messages have: name and version alone. */
static const struct hash common_domain = {{0x48, 0x4f, 0xce, 0x18, 0xf8, 0x92, 0xe8, 0x53, 0x5a, 0x4b, 0x67,
                                           0x00, 0xe1, 0x97, 0xa8, 0x02, 0x6f, 0x42, 0x13, 0xf8, 0x09, 0xd2,
                                           0x3a, 0xe1, 0x17, 0xda, 0x03, 0xb4, 0x97, 0xe1, 0x86, 0x70}};

static enum err digest_of(const json_t *data, const char *primary, struct hash *out)
{
    const json_t *domain = json_object_get(data, "domain"), *types = json_object_get(data, "types"),
                 *message = json_object_get(data, "message");
    uint8_t both[2 + 2 * sizeof out->b] = {0x19, 0x01}; /* EIP-712: encode(domainSeparator, message) */
    struct hash of_message;
    if (json_object_get(domain, "chainId") != NULL || json_object_get(types, "EIP712Domain") != NULL)
        return eip712_digest(domain, types, primary, message, out);
    TRY(eip712_hash_struct(types, primary, message, &of_message));
    memcpy(both + 2, common_domain.b, sizeof common_domain.b);
    memcpy(both + 2 + sizeof common_domain.b, of_message.b, sizeof of_message.b);
    *out = keccak_bytes(both, sizeof both);
    return OK;
}

/* ---- message ------------------------------------------------------------------------------------------------------ */

/* What eip712_digest has found to be of its type; "" if this form has no such member. */
static const char *text_of(const json_t *message, const char *name, struct arena *arena)
{
    const json_t *value = json_object_get(message, name);
    return value == NULL ? "" : arena_text(arena, json_string_value(value), json_string_length(value));
}

static enum err read_u53(const json_t *message, const char *name, json_int_t *out)
{
    const json_t *value = json_object_get(message, name);
    if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > SECONDS_MAX)
        return err_with(ERR_FIELD, "data.message.%s: must be an integer between 0 and 2^53", name);
    *out = json_integer_value(value);
    return OK;
}

static enum err read_time(const json_t *message, const char *name, struct instant *out)
{
    json_int_t v;
    TRY(read_u53(message, name, &v));
    out->unix_seconds = v;
    return OK;
}

static const char *const *read_texts(const json_t *message, const char *name, struct arena *arena, size_t *n)
{
    const json_t *list = json_object_get(message, name), *item;
    const char **all = ARENA_ARRAY(arena, const char *, json_array_size(list) + 1);
    size_t i;
    json_array_foreach(list, i, item) all[i] = arena_text(arena, json_string_value(item), json_string_length(item));
    *n = json_array_size(list);
    return all;
}

/* {"altledger": {"policy": "..."}} and whatever belongs to others. */
static enum err read_plugins(struct proposal_text *t)
{
    AUTO_JSON plugins = NULL;
    if (*t->plugins == '\0')
        return OK;
    if (json_parse(t->plugins, strlen(t->plugins), MESSAGE_DEPTH, &plugins) != OK || !json_is_object(plugins))
        return mistake("data.message.plugins", "must be empty or the JSON text of an object");
    const json_t *ours = json_object_get(plugins, "altledger"), *policy = json_object_get(ours, "policy");
    t->policy_given = ours != NULL;
    t->policy_known = json_is_string(policy) && json_object_size(ours) == 1 &&
                      policy_parse(json_string_value(policy), &t->policy) == OK;
    return OK;
}

static enum err read_proposal_text(const json_t *message, struct arena *arena, struct proposal_text *t)
{
    t->type_name = text_of(message, "type", arena);
    t->title = text_of(message, "title", arena);
    t->body = text_of(message, "body", arena);
    t->discussion = text_of(message, "discussion", arena);
    t->plugins = text_of(message, "plugins", arena);
    t->privacy = text_of(message, "privacy", arena);
    t->app = text_of(message, "app", arena);
    t->choices = read_texts(message, "choices", arena, &t->n_choices);
    t->labels = read_texts(message, "labels", arena, &t->n_labels);
    t->type_known = voting_parse(t->type_name, &t->type);
    if (t->title[strspn(t->title, " \t\r\n")] == '\0')
        return mistake("data.message.title", "must not be empty");
    return read_plugins(t);
}

static enum err read_window(const json_t *message, struct proposal_text *t)
{
    json_int_t snapshot;
    TRY(read_time(message, "start", &t->starts));
    TRY(read_time(message, "end", &t->ends));
    TRY(read_u53(message, "snapshot", &snapshot));
    t->snapshot = (uint64_t)snapshot;
    return OK;
}

/* JSON text of one value: read as the one item of an array, for the parser takes arrays and objects only. */
static enum err read_choice_text(const json_t *text, json_t **parsed)
{
    AUTO_BUFFER b = {0};
    AUTO_JSON list = NULL;
    buffer_u8(&b, '[');
    buffer_bytes(&b, json_string_value(text), json_string_length(text));
    buffer_u8(&b, ']');
    bool ok = json_parse((const char *)b.p, b.n, MESSAGE_DEPTH, &list) == OK && json_array_size(list) == 1;
    const json_t *item = ok ? json_array_get(list, 0) : NULL;
    if (!json_is_number(item) && !json_is_array(item) && !json_is_object(item))
        return mistake("data.message.choice", "must be the JSON text of a number, an array or an object");
    *parsed = json_incref(list);
    return OK;
}

static enum err read_choice(const json_t *choice, struct message *m)
{
    const json_t *item;
    size_t i;
    if (json_is_array(choice)) {
        json_array_foreach(choice, i, item)
        {
            if (!json_is_integer(item))
                return err_with(ERR_FIELD, "data.message.choice[%zu]: must be an integer", i);
        }
    }
    m->choice = choice;
    return OK;
}

static enum err read_vote(const json_t *message, const char *type, struct arena *arena, struct message *m)
{
    const json_t *choice = json_object_get(message, "choice");
    m->reason = text_of(message, "reason", arena);
    m->app = text_of(message, "app", arena);
    m->metadata = text_of(message, "metadata", arena);
    if (strcmp(type, "string") != 0 && !json_is_array(choice) && !json_is_integer(choice))
        return mistake("data.message.choice", "must be an integer");
    if (strcmp(type, "string") != 0)
        return read_choice(choice, m);
    TRY(read_choice_text(choice, &m->parsed_choice));
    m->choice = json_array_get(m->parsed_choice, 0);
    return OK;
}

static enum err read_proposal_id(const json_t *message, struct hash *out)
{
    const json_t *value = json_object_get(message, "proposal");
    if (hash_parse(json_string_value(value), json_string_length(value), out) != OK)
        return mistake("data.message.proposal", "must be 0x and 64 hexadecimal digits");
    return OK;
}

/* The type of a member of the primary struct. */
static const char *type_of(const json_t *types, const char *primary, const char *member)
{
    const json_t *item;
    size_t i;
    json_array_foreach(json_object_get(types, primary), i, item)
    {
        if (is_text(json_object_get(item, "name"), member))
            return json_string_value(json_object_get(item, "type"));
    }
    return "";
}

static enum err read_message(const json_t *data, const char *primary, struct arena *arena, struct message *m)
{
    const json_t *message = json_object_get(data, "message");
    TRY(read_address("data.message.from", json_object_get(message, "from"), &m->author));
    TRY(read_time(message, "timestamp", &m->stamp));
    m->space = text_of(message, "space", arena);
    m->reason = m->app = m->metadata = "";
    switch (m->kind) {
    case MESSAGE_PROPOSAL:
        m->proposal = m->digest;
        TRY(read_window(message, &m->text));
        return read_proposal_text(message, arena, &m->text);
    case MESSAGE_UPDATE:
        TRY(read_proposal_id(message, &m->proposal));
        return read_proposal_text(message, arena, &m->text);
    case MESSAGE_CANCEL:
        return read_proposal_id(message, &m->proposal);
    case MESSAGE_VOTE:
        TRY(read_proposal_id(message, &m->proposal));
        return read_vote(message, type_of(json_object_get(data, "types"), primary, "choice"), arena, m);
    case MESSAGE_ALIAS:
        return read_address("data.message.alias", json_object_get(message, "alias"), &m->alias);
    case MESSAGE_KEY:
    case MESSAGE_SPACE:
        break; /* no wallet signs such */
    }
    return ERR_INTERNAL;
}

enum err message_read(json_t *envelope, struct arena *arena, struct message *out)
{
    static const char *const none[] = {NULL}, *const members[] = {"address", "sig", "data", NULL},
                             *const of_data[] = {"domain", "types", "message", NULL},
                             *const maybe[] = {"primaryType", NULL};
    AUTO_MESSAGE m = {0};
    const json_t *data = json_object_get(envelope, "data");
    const char *primary = NULL;
    TRY(check_members("", envelope, members, none));
    TRY(read_address("address", json_object_get(envelope, "address"), &m.address));
    TRY(read_signature(json_object_get(envelope, "sig"), arena, &m.signature));
    TRY(check_members("data.", data, of_data, maybe));
    TRY(check_domain(json_object_get(data, "domain")));
    TRY(check_types(data, &primary, &m.kind));
    TRY(digest_of(data, primary, &m.digest));
    TRY(read_message(data, primary, arena, &m));
    m.envelope = envelope;
    *out = m;
    m = (struct message){0};
    return OK;
}

enum err message_parse(const char *text, size_t n, struct arena *arena, struct message *out)
{
    AUTO_JSON envelope = NULL;
    if (n > MESSAGE_BYTES_MAX)
        return err_with(ERR_TOO_LARGE, "a message has at most %d bytes", MESSAGE_BYTES_MAX);
    TRY(json_parse(text, n, MESSAGE_DEPTH, &envelope));
    TRY(message_read(envelope, arena, out));
    envelope = NULL;
    return OK;
}

void message_done(struct message *m)
{
    json_release(&m->parsed_choice);
    json_release(&m->envelope);
    m->choice = NULL;
}
