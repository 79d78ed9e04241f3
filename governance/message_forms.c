/* governance/message_forms.c - see message_forms.h. */
#include "governance/message_forms.h"

#include <string.h>

/* The members of a ballot's three forms: a number, several, or JSON text. */
#define VOTES(from, proposal, rest)                                                                                   \
    {MESSAGE_VOTE, "Vote(" from " from,string space,uint64 timestamp," proposal " proposal,uint32 choice" rest ")"},  \
        {MESSAGE_VOTE,                                                                                                \
         "Vote(" from " from,string space,uint64 timestamp," proposal " proposal,uint32[] choice" rest ")"},          \
    {                                                                                                                 \
        MESSAGE_VOTE, "Vote(" from " from,string space,uint64 timestamp," proposal " proposal,string choice" rest ")" \
    }
#define PROPOSAL(from, labels, rest)                                                                                   \
    {                                                                                                                  \
        MESSAGE_PROPOSAL, "Proposal(" from " from,string space,uint64 timestamp,string type,string title,string body," \
                          "string discussion,string[] choices" labels                                                  \
                          ",uint64 start,uint64 end,uint64 snapshot,string plugins" rest ")"                           \
    }
#define UPDATE(from, labels, rest)                                                                                 \
    {                                                                                                              \
        MESSAGE_UPDATE,                                                                                            \
            "UpdateProposal(string proposal," from " from,string space,uint64 timestamp,string type,string title," \
            "string body,string discussion,string[] choices" labels ",string plugins" rest ")"                     \
    }
#define CANCEL(from, proposal)                                                                              \
    {                                                                                                       \
        MESSAGE_CANCEL, "CancelProposal(" from " from,string space,uint64 timestamp," proposal " proposal)" \
    }

const struct message_form message_forms[] = {
    PROPOSAL("string", ",string[] labels", ",string privacy,string app"),
    PROPOSAL("address", ",string[] labels", ",string privacy,string app"),
    PROPOSAL("address", ",string[] labels", ",string app"),
    PROPOSAL("address", "", ",string app"),
    PROPOSAL("address", "", ""),
    UPDATE("string", ",string[] labels", ",string privacy"),
    UPDATE("address", ",string[] labels", ",string privacy"),
    UPDATE("address", ",string[] labels", ""),
    UPDATE("address", "", ""),
    CANCEL("string", "string"),
    CANCEL("string", "bytes32"),
    CANCEL("address", "string"),
    CANCEL("address", "bytes32"),
    VOTES("string", "string", ",string reason,string app,string metadata"),
    VOTES("string", "bytes32", ",string reason,string app,string metadata"),
    VOTES("address", "string", ",string reason,string app,string metadata"),
    VOTES("address", "bytes32", ",string reason,string app,string metadata"),
    VOTES("address", "string", ",string reason,string app"),
    VOTES("address", "bytes32", ",string reason,string app"),
    VOTES("address", "string", ",string app"),
    VOTES("address", "bytes32", ",string app"),
    VOTES("address", "string", ",string metadata"),
    VOTES("address", "bytes32", ",string metadata"),
    VOTES("address", "string", ""),
    VOTES("address", "bytes32", ""),
    {MESSAGE_ALIAS, "Alias(address from,address alias,uint64 timestamp)"},
    {0, NULL},
};

const struct message_form *message_form_find(const char *type)
{
    for (const struct message_form *f = message_forms; f->type != NULL; f++)
        if (strcmp(f->type, type) == 0)
            return f;
    return NULL;
}

const char *message_kind_name(enum message_kind kind)
{
    switch (kind) {
    case MESSAGE_KEY:
        return "key";
    case MESSAGE_SPACE:
        return "space";
    case MESSAGE_PROPOSAL:
        return "proposal";
    case MESSAGE_UPDATE:
        return "update-proposal";
    case MESSAGE_CANCEL:
        return "cancel-proposal";
    case MESSAGE_VOTE:
        return "vote";
    case MESSAGE_ALIAS:
        return "alias";
    }
    return "";
}
