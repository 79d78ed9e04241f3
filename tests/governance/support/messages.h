/* tests/governance/support/messages.h - envelopes as snapshot.js sends them, to be changed at any path. */
#ifndef TESTS_GOVERNANCE_SUPPORT_MESSAGES_H
#define TESTS_GOVERNANCE_SUPPORT_MESSAGES_H

#include <stdlib.h>
#include <string.h>

#include "governance/message.h"
#include "tests/support/unit.h"

#define FROM          "0x00000000000000000000000000000000000000A1"
#define PROPOSAL      "0x1111111111111111111111111111111111111111111111111111111111111111"
#define M(name, type) "{\"name\":\"" name "\",\"type\":\"" type "\"}"

#define VOTE_TYPES(choice)                                                                                        \
    "{\"Vote\":[" M("from", "string") "," M("space", "string") "," M("timestamp", "uint64") "," M(                \
        "proposal", "string") "," M("choice", choice) "," M("reason", "string") "," M("app",                      \
                                                                                      "string") "," M("metadata", \
                                                                                                      "string") "]}"
#define VOTE_MESSAGE(choice)                                                                         \
    "{\"from\":\"" FROM "\",\"space\":\"alt.eth\",\"timestamp\":1700000100,\"proposal\":\"" PROPOSAL \
    "\",\"choice\":" choice ",\"reason\":\"why not\",\"app\":\"snapshot\",\"metadata\":\"{}\"}"
#define PROPOSAL_TYPES                                                                                                                                             \
    "{\"Proposal\":[" M("from", "string") "," M("space", "string") "," M("timestamp", "uint64") "," M("type", "string") "," M("title", "string") "," M(            \
        "body",                                                                                                                                                    \
        "string") "," M("discussion",                                                                                                                              \
                        "string") "," M("choices",                                                                                                                 \
                                        "string[]") "," M("labels",                                                                                                \
                                                          "string[]") "," M("start",                                                                               \
                                                                            "uint64") "," M("end",                                                                 \
                                                                                            "uint64") "," M("snapshot",                                            \
                                                                                                            "uint64") "," M("plugins",                             \
                                                                                                                            "string") "," M("privacy",             \
                                                                                                                                            "string") "," M("app", \
                                                                                                                                                            "string") "]}"
#define PROPOSAL_MESSAGE                                                                                        \
    "{\"from\":\"" FROM "\",\"space\":\"alt.eth\",\"timestamp\":1700000000,\"type\":\"basic\",\"title\":\"T\"," \
    "\"body\":\"B\",\"discussion\":\"D\",\"choices\":[\"For\",\"Against\"],\"labels\":[\"l\"],"                 \
    "\"start\":1700000100,\"end\":1700000200,\"snapshot\":50,\"plugins\":\"{}\",\"privacy\":\"\",\"app\":\"a\"}"
#define UPDATE_TYPES                                                                                                                     \
    "{\"UpdateProposal\":[" M("proposal", "string") "," M("from", "string") "," M("space", "string") "," M("timestamp", "uint64") "," M( \
        "type",                                                                                                                          \
        "string") "," M("title",                                                                                                         \
                        "string") "," M("body",                                                                                          \
                                        "string") "," M("discussion",                                                                    \
                                                        "string") "," M("choices",                                                       \
                                                                        "string[]") "," M("labels",                                      \
                                                                                          "string[]") "," M("plugins",                   \
                                                                                                            "string") "," M("privacy",   \
                                                                                                                            "string") "]}"
#define UPDATE_MESSAGE                                                                                          \
    "{\"proposal\":\"" PROPOSAL "\",\"from\":\"" FROM "\",\"space\":\"alt.eth\",\"timestamp\":1700000050,"      \
    "\"type\":\"basic\",\"title\":\"T2\",\"body\":\"B\",\"discussion\":\"\",\"choices\":[\"For\",\"Against\"]," \
    "\"labels\":[],\"plugins\":\"\",\"privacy\":\"\"}"
#define CANCEL_TYPES                                                                                       \
    "{\"CancelProposal\":[" M("from", "string") "," M("space", "string") "," M("timestamp",                \
                                                                               "uint64") "," M("proposal", \
                                                                                               "string") "]}"
#define CANCEL_MESSAGE \
    "{\"from\":\"" FROM "\",\"space\":\"alt.eth\",\"timestamp\":1700000150,\"proposal\":\"" PROPOSAL "\"}"
#define ALIAS_TYPES "{\"Alias\":[" M("from", "address") "," M("alias", "address") "," M("timestamp", "uint64") "]}"
#define ALIAS_MESSAGE \
    "{\"from\":\"" FROM "\",\"alias\":\"0x00000000000000000000000000000000000000B2\",\"timestamp\":1700000000}"

#define ENVELOPE(types, message)                                                                                       \
    "{\"address\":\"" FROM "\",\"sig\":\"0xabcd\",\"data\":{\"domain\":{\"name\":\"snapshot\",\"version\":\"0.1.4\"}," \
    "\"types\":" types ",\"message\":" message "}}"

#define VOTE_ENVELOPE(type, choice) ENVELOPE(VOTE_TYPES(type), VOTE_MESSAGE(choice))
#define PROPOSAL_ENVELOPE           ENVELOPE(PROPOSAL_TYPES, PROPOSAL_MESSAGE)
#define UPDATE_ENVELOPE             ENVELOPE(UPDATE_TYPES, UPDATE_MESSAGE)
#define CANCEL_ENVELOPE             ENVELOPE(CANCEL_TYPES, CANCEL_MESSAGE)
#define ALIAS_ENVELOPE              ENVELOPE(ALIAS_TYPES, ALIAS_MESSAGE)

static inline enum err parse_text(const char *text, struct arena *arena, struct message *out)
{
    return message_parse(text, strlen(text), arena, out);
}

/* `text` with the value at a path ("data.message.choices") replaced; NULL: left out. */
static inline char *changed(const char *text, const char *path, const char *value, struct arena *arena)
{
    AUTO_JSON j = NULL;
    AUTO_JSON wrapped = NULL;
    assert_int_equal(json_parse(text, strlen(text), JSON_DEPTH_MAX, &j), OK);
    json_t *at = j;
    const char *dot;
    for (; (dot = strchr(path, '.')) != NULL; path = dot + 1)
        at = json_object_get(at, arena_text(arena, path, (size_t)(dot - path)));
    assert_true(json_is_object(at));
    if (value == NULL) {
        assert_int_equal(json_object_del(at, path), 0);
    } else {
        const char *list = arena_printf(arena, "[%s]", value);
        assert_int_equal(json_parse(list, strlen(list), JSON_DEPTH_MAX, &wrapped), OK);
        assert_int_equal(json_object_set(at, path, json_array_get(wrapped, 0)), 0);
    }
    return arena_text(arena, json_canonical(j, arena), strlen(json_canonical(j, arena)));
}

#endif
