/* api/typed_data.h - a message that somebody is about to sign, and the sentence that says what it does. */
#ifndef API_TYPED_DATA_H
#define API_TYPED_DATA_H

#include "governance/count.h"
#include "governance/message.h"

/* The off-chain proposal that a message is about, in its last version. */
struct typed_subject {
    struct hash id;
    const char *space, *title;
    enum voting type;
    size_t n_choices;
    json_t *choices; /* array of texts; the caller releases it */
};

/* Append one paragraph that is made from `message` alone, so that it says what is signed; `subject` only explains numbers.
 * subject: NULL for a proposal and an alias. picked: of a vote, else NULL. What people wrote stands in quotes (title_quote). */
void typed_text(enum message_kind kind, const json_t *message, const struct typed_subject *subject,
                const struct choice *picked, struct buffer *out);

#endif
