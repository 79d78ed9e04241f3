/* governance/space.c - see space.h. */
#include "governance/space.h"

#include <inttypes.h>
#include <string.h>

#include "governance/policy.h"

enum { SPACE_BYTES_MAX = 65000 }; /* of its parameters, written */

#define NUMBER_NAME(member, otherwise, least, most, sentence) #member,
static const char *const members_known[] = {"id",        "name",   "about",
                                            "strategy",  "policy", "admins",
                                            "threshold", "quorum", SPACE_NUMBERS(NUMBER_NAME) NULL};
#undef NUMBER_NAME

static enum err mistake(const char *where, const char *member, const char *what)
{
    return err_with(ERR_FIELD, "%s.%.64s: %s", where, member, what);
}

static bool is_member(const char *name)
{
    for (size_t i = 0; members_known[i] != NULL; i++)
        if (strcmp(members_known[i], name) == 0)
            return true;
    return name[0] == '_'; /* a comment of the network file */
}

static enum err check_members(const char *where, const json_t *entry)
{
    const char *member;
    json_t *value;
    if (!json_is_object(entry))
        return err_with(ERR_FIELD, "%s: must be an object", where);
    json_object_foreach((json_t *)entry, member, value)
    {
        if (!is_member(member))
            return mistake(where, member, "no such member");
    }
    return OK;
}

/* What a member says, copied; "" if it is not there. */
static enum err get_text(const char *where, const json_t *entry, const char *member, struct arena *arena,
                         const char **out)
{
    const json_t *value = json_object_get(entry, member);
    if (value != NULL && !json_is_string(value))
        return mistake(where, member, "must be a string");
    *out = value == NULL ? "" : arena_text(arena, json_string_value(value), json_string_length(value));
    return OK;
}

/* It stands in paths of URLs and on lines of text. */
static bool is_id(const char *id)
{
    size_t n = strlen(id);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)id[i] <= ' ' || id[i] == 0x7f || strchr("/?#%\"\\", id[i]) != NULL)
            return false;
    return n > 0 && n <= SPACE_ID_MAX;
}

static enum err get_id(const char *where, const json_t *entry, struct arena *arena, const char **out)
{
    if (json_object_get(entry, "id") == NULL)
        return mistake(where, "id", "missing");
    TRY(get_text(where, entry, "id", arena, out));
    return is_id(*out) ? OK : mistake(where, "id", "must be 1 to 128 bytes without white space, / ? # % \" and \\");
}

/* A whole number, as a JSON integer or as decimal text. */
static enum err get_amount(const char *where, const json_t *entry, const char *member, struct amount *out)
{
    const json_t *value = json_object_get(entry, member);
    if (value == NULL)
        return OK;
    if (json_is_integer(value) && json_integer_value(value) >= 0)
        *out = amount_from_u64((uint64_t)json_integer_value(value));
    else if (!json_is_string(value) || amount_parse(json_string_value(value), json_string_length(value), out) != OK)
        return mistake(where, member, "must be a whole number below 2^256, as an integer or decimal text");
    return OK;
}

static enum err get_number(const char *where, const json_t *entry, const char *member, uint64_t least, uint64_t most,
                           uint64_t *out)
{
    struct amount amount = amount_from_u64(*out);
    uint64_t v;
    TRY(get_amount(where, entry, member, &amount));
    if (amount_to_u64(amount, &v) != OK || v < least || v > most)
        return err_with(ERR_FIELD, "%s.%s: must lie between %" PRIu64 " and %" PRIu64, where, member, least, most);
    *out = v;
    return OK;
}

static enum err get_admins(const char *where, const json_t *entry, struct arena *arena, struct space *s)
{
    const json_t *list = json_object_get(entry, "admins"), *item;
    size_t i;
    if (list == NULL)
        return OK;
    if (!json_is_array(list))
        return mistake(where, "admins", "must be an array of addresses");
    struct address *all = ARENA_ARRAY(arena, struct address, json_array_size(list) + 1);
    json_array_foreach(list, i, item)
    {
        if (!json_is_string(item) || address_parse(json_string_value(item), json_string_length(item), &all[i]) != OK)
            return err_with(ERR_FIELD, "%s.admins[%zu]: is not an address", where, i);
    }
    s->admins = all;
    s->n_admins = json_array_size(list);
    return OK;
}

/* What a strategy says about the policy, if it does: it may be of another system, and then says nothing here. */
static void read_strategy(const json_t *strategy, uint32_t *policy)
{
    const json_t *named = json_is_object(strategy) ? json_object_get(strategy, "policy") : strategy;
    uint32_t parts;
    if (json_is_string(named) && policy_parse(json_string_value(named), &parts) == OK)
        *policy = parts;
}

static enum err get_policy(const char *where, const json_t *entry, struct arena *arena, struct space *s)
{
    const json_t *strategy = json_object_get(entry, "strategy"), *policy = json_object_get(entry, "policy");
    s->policy = policy_names[0].parts;
    s->strategy = "";
    if (strategy != NULL && !json_is_string(strategy) && !json_is_object(strategy))
        return mistake(where, "strategy", "must be a string or an object");
    if (json_is_string(strategy))
        s->strategy = arena_text(arena, json_string_value(strategy), json_string_length(strategy));
    else if (strategy != NULL)
        s->strategy = json_canonical(strategy, arena);
    read_strategy(strategy, &s->policy);
    if (policy != NULL && (!json_is_string(policy) || policy_parse(json_string_value(policy), &s->policy) != OK))
        return mistake(where, "policy", "must be the name of a policy, or parts joined by +");
    return OK;
}

enum err space_parse(const char *where, const json_t *entry, struct arena *arena, struct space *out)
{
#define NUMBER_DEFAULT(member, otherwise, least, most, sentence) .member = (otherwise),
    struct space s = {SPACE_NUMBERS(NUMBER_DEFAULT).threshold = amount_zero, .quorum = amount_zero};
#undef NUMBER_DEFAULT
    TRY(check_members(where, entry));
    TRY(get_id(where, entry, arena, &s.id));
    TRY(get_text(where, entry, "name", arena, &s.name));
    TRY(get_text(where, entry, "about", arena, &s.about));
    TRY(get_policy(where, entry, arena, &s));
    TRY(get_admins(where, entry, arena, &s));
    TRY(get_amount(where, entry, "threshold", &s.threshold));
    TRY(get_amount(where, entry, "quorum", &s.quorum));
#define NUMBER_GET(member, otherwise, least, most, sentence) \
    TRY(get_number(where, entry, #member, least, most, &s.member));
    SPACE_NUMBERS(NUMBER_GET)
#undef NUMBER_GET
    *out = s;
    return OK;
}

/* They become an entry of the log, which has a bound. */
static enum err check_size(const char *where, const struct space *s)
{
    AUTO_BUFFER b = {0};
    space_write(s, &b);
    return b.n <= SPACE_BYTES_MAX ? OK
                                  : err_with(ERR_FIELD, "%s: its parameters have %zu bytes, at most %d are taken",
                                             where, b.n, SPACE_BYTES_MAX);
}

enum err spaces_parse(const json_t *file, struct arena *arena, struct space **out, size_t *n)
{
    const json_t *list = json_object_get(file, "spaces"), *entry;
    size_t i;
    if (list != NULL && !json_is_array(list))
        return err_with(ERR_FIELD, "spaces: must be an array");
    struct space *all = ARENA_ARRAY(arena, struct space, json_array_size(list) + 1);
    json_array_foreach(list, i, entry)
    {
        char where[32];
        snprintf(where, sizeof where, "spaces[%zu]", i);
        TRY(space_parse(where, entry, arena, &all[i]));
        TRY(check_size(where, &all[i]));
        for (size_t k = 0; k < i; k++)
            if (strcmp(all[k].id, all[i].id) == 0)
                return err_with(ERR_FIELD, "%s.id: is also the id of spaces[%zu]", where, k);
    }
    *out = all;
    *n = json_array_size(list);
    return OK;
}

static void write_amount(json_t *to, const char *member, struct amount a)
{
    char text[AMOUNT_TEXT + 1];
    amount_format(a, text);
    json_object_set_new(to, member, json_string(text));
}

void space_write(const struct space *s, struct buffer *out)
{
    AUTO_ARENA arena = {0};
    AUTO_JSON all = json_object();
    char policy[POLICY_TEXT];
    policy_format(s->policy, policy);
    json_object_set_new(all, "id", json_string(s->id));
    json_object_set_new(all, "name", json_string(s->name));
    json_object_set_new(all, "about", json_string(s->about));
    json_object_set_new(all, "strategy", json_string(s->strategy));
    json_object_set_new(all, "policy", json_string(policy));
    json_t *admins = json_array();
    for (size_t i = 0; i < s->n_admins; i++) {
        char text[ADDRESS_TEXT + 1];
        address_format(s->admins[i], text);
        json_array_append_new(admins, json_string(text));
    }
    json_object_set_new(all, "admins", admins);
    write_amount(all, "threshold", s->threshold);
    write_amount(all, "quorum", s->quorum);
#define NUMBER_WRITE(member, otherwise, least, most, sentence) \
    json_object_set_new(all, #member, json_integer((json_int_t)s->member));
    SPACE_NUMBERS(NUMBER_WRITE)
#undef NUMBER_WRITE
    buffer_text(out, json_canonical(all, &arena));
}

bool space_is_admin(const struct space *s, struct address a)
{
    for (size_t i = 0; i < s->n_admins; i++)
        if (address_equal(s->admins[i], a))
            return true;
    return false;
}

/* ethers' formatBytes32String: at most 31 bytes, so that a zero ends the text. */
bool space_registry_id(const char *id, struct hash *out)
{
    size_t n = strlen(id);
    if (n >= sizeof out->b)
        return false;
    *out = hash_zero;
    memcpy(out->b, id, n);
    return true;
}
