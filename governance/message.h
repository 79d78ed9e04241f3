/* governance/message.h - signed messages: their forms, what they say, and the entry of the log that keeps them.
 *
 * A message is the envelope that wallets and snapshot.js send: {address, sig, data: {domain, types, message}}, EIP-712 in the
 * domain snapshot 0.1.4. Its form is known by encodeType of its types: the table in message.c names every form that is taken.
 * Its id is its EIP-712 digest. Parsing says what it says; whether it is accepted is up to rules.h.
 *
 * An entry of the log is canonical JSON (members sorted, no white space) of
 *     {"envelope": ..., "received": "2026-11-21T10:00:00Z", "version": 1}   and, if a contract wallet signed, "evidence":
 *     {"block_hash", "block_number", "returned"}: what isValidSignature(digest, sig) (ERC-1271) returned to eth_call there;
 * or of what the service itself recorded: {"key": {log, origin, receipts}} or {"space": parameters}, with received, version. */
#ifndef GOVERNANCE_MESSAGE_H
#define GOVERNANCE_MESSAGE_H

#include "governance/count.h"
#include "governance/reason.h"
#include "ledger/core/json.h"
#include "ledger/core/sig.h"

enum { MESSAGE_BYTES_MAX = 65535, MESSAGE_DEPTH = 12, SIGNATURE_BYTES_MAX = 16384 };

/* The numbers stand in governance.message. */
enum message_kind {
    MESSAGE_KEY,
    MESSAGE_SPACE,
    MESSAGE_PROPOSAL,
    MESSAGE_UPDATE,
    MESSAGE_CANCEL,
    MESSAGE_VOTE,
    MESSAGE_ALIAS
};
/* "key", "space", "proposal", "update-proposal", "cancel-proposal", "vote", "alias" */
const char *message_kind_name(enum message_kind kind);

struct proposal_text {
    enum voting type;
    bool type_known; /* else type is not one of count.h */
    const char *type_name, *title, *body, *discussion, *plugins, *privacy, *app;
    const char *const *choices;
    size_t n_choices;
    const char *const *labels;
    size_t n_labels;
    struct instant starts, ends; /* of a proposal */
    uint64_t snapshot;           /* of a proposal */
    bool policy_given, policy_known;
    uint32_t policy; /* of the plugins, if they say one */
};

struct message {
    enum message_kind kind;
    struct hash digest;
    struct address author;  /* message.from */
    struct address address; /* of the envelope: who signs */
    struct slice signature; /* as given */
    const char *space;      /* "" of an alias */
    struct hash proposal;   /* of update, cancel, vote; of a proposal its own digest; else zero */
    struct instant stamp;
    struct proposal_text text; /* of proposal, update */
    const json_t *choice;      /* of a vote: canonical (a JSON text in it was parsed); lives as long as the message */
    const char *reason, *app, *metadata; /* of a vote */
    struct address alias;                /* of an alias */
    json_t *envelope;                    /* released by message_done */
    json_t *parsed_choice; /* what `choice` is part of, if it travelled as text; released by message_done */
};

/* Texts in the arena. ERR_TOO_LARGE: more than MESSAGE_BYTES_MAX bytes. ERR_FIELD, the detail begins with the path
 * ("data.message.timestamp: ..."): not JSON, not UTF-8, a NUL, too deep, a name twice, a member missing, unknown or of another type,
 * another domain, an unknown type. Untouched unless OK. */
MUST_CHECK enum err message_parse(const char *text, size_t n, struct arena *arena, struct message *out);
void message_done(struct message *m);
#define AUTO_MESSAGE __attribute__((cleanup(message_done))) struct message

/* What an EIP-1271 wallet answered. */
struct evidence {
    bool given;
    struct hash block_hash;
    uint64_t block_number;
    struct slice returned;
};

/* Append the text of an entry. ERR_TOO_LARGE: more than MESSAGE_BYTES_MAX bytes. */
MUST_CHECK enum err entry_write(const struct message *m, const struct evidence *evidence, struct instant received,
                                struct buffer *out);
/* The service's own entries. */
void entry_write_key(const char *origin, const uint8_t log_key[32], struct address receipts, struct instant received,
                     struct buffer *out);
void entry_write_space(const char *parameters, struct instant received, struct buffer *out);

/* An entry read back. */
struct entry {
    enum message_kind kind;
    struct hash digest;
    struct instant received;
    struct message message; /* unless key or space; released by entry_done */
    struct evidence evidence;
    const char *origin; /* key */
    uint8_t log_key[32];
    struct address receipts;
    const char *space, *parameters; /* space: its id, canonical JSON of its parameters */
};
/* ERR_FIELD: not what entry_write* writes, to the byte. */
MUST_CHECK enum err entry_parse(struct slice text, struct arena *arena, struct entry *out);
void entry_done(struct entry *e);

/* Check the signature by ECDSA alone. OK: `address` signed. ERR_FIELD: malformed (parameter sig). ERR_RULE: somebody else signed
 * (*signer says who), so that only a contract wallet could still accept it. */
MUST_CHECK enum err message_check_signature(const struct message *m, struct address *signer);
/* Calldata of isValidSignature(bytes32,bytes), and whether what it returned is its magic value (ERC-1271). */
void erc1271_calldata(struct hash digest, struct slice signature, struct buffer *out);
bool erc1271_accepts(struct slice returned);

#endif
