/* governance/message_forms.h - the forms of messages that are taken: those that snapshot.js has published.
 *
 * A form is known by encodeType (EIP-712) of its types. snapshot.js keeps hashes of all that it ever had (src/sign/hashedTypes.json);
 * a test proves each row by them. Not taken: forms whose message names a network or strategies, which would say what counts and
 * are not obeyed here, and an alias without a timestamp, which could be sent again after it was withdrawn. */
#ifndef GOVERNANCE_MESSAGE_FORMS_H
#define GOVERNANCE_MESSAGE_FORMS_H

#include "governance/message.h"

struct message_form {
    enum message_kind kind;
    const char *type; /* encodeType */
};
/* Ends with type NULL; the first of a kind is the one that wallets are asked to sign today. */
extern const struct message_form message_forms[];

/* NULL: it is none of them. */
const struct message_form *message_form_find(const char *type);

/* As message_parse, from a tree; takes over the caller's reference if it is OK. */
MUST_CHECK enum err message_read(json_t *envelope, struct arena *arena, struct message *out);

#endif
