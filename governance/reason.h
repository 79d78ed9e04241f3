/* governance/reason.h - why a message is refused by a rule, in one table; the API answers them as `reasons` of a 422.
 *
 * A rule that refuses adds a reason and goes on, so that the voter reads all of them at once. Text that does not even have the
 * form of a message is not refused by a rule: that is ERR_FIELD and names the member. */
#ifndef GOVERNANCE_REASON_H
#define GOVERNANCE_REASON_H

#include <stddef.h>

#include "ledger/core/err.h"

#define REASONS(REASON)                                                                                          \
    REASON(REASON_SIGNER, "signer-mismatch", "the signature is of another address")                              \
    REASON(REASON_CONTRACT_SIGNATURE, "contract-signature-refused", "the contract wallet refuses the signature") \
    REASON(REASON_ALIAS, "no-alias", "the signer is no alias of `from`")                                         \
    REASON(REASON_EXPIRED, "timestamp-expired", "the timestamp is too old")                                      \
    REASON(REASON_FUTURE, "timestamp-in-future", "the timestamp is in the future")                               \
    REASON(REASON_SPACE, "unknown-space", "there is no such space")                                              \
    REASON(REASON_WRONG_SPACE, "wrong-space", "the proposal belongs to another space")                           \
    REASON(REASON_PROPOSAL, "unknown-proposal", "there is no such proposal")                                     \
    REASON(REASON_CANCELED, "proposal-canceled", "the proposal was cancelled")                                   \
    REASON(REASON_NOT_STARTED, "voting-not-started", "voting has not begun")                                     \
    REASON(REASON_ENDED, "voting-ended", "voting is over")                                                       \
    REASON(REASON_STARTED, "voting-started", "voting has begun: the proposal cannot be changed any more")        \
    REASON(REASON_NOT_AUTHOR, "not-author", "only its author and the space's admins may do that")                \
    REASON(REASON_CHOICE, "invalid-choice", "the choice is not one that this proposal takes")                    \
    REASON(REASON_NO_POWER, "no-voting-power", "the voter has no power at the snapshot block")                   \
    REASON(REASON_VOTED, "already-voted", "the governor takes one vote of each voter")                           \
    REASON(REASON_TOO_MANY_BALLOTS, "too-many-ballots", "the voter has changed this vote too often")             \
    REASON(REASON_TOO_MANY_PROPOSALS, "too-many-proposals", "the author has proposed too often today")           \
    REASON(REASON_THRESHOLD, "below-threshold", "the author has less power than proposing takes")                \
    REASON(REASON_TYPE, "unsupported-type", "this type of voting is not known")                                  \
    REASON(REASON_PRIVACY, "unsupported-privacy", "ballots are public")                                          \
    REASON(REASON_POLICY, "unknown-policy", "the plugins name a policy of power that is not known")              \
    REASON(REASON_CHOICES, "invalid-choices", "the choices are not such as this type of voting takes")           \
    REASON(REASON_WINDOW, "invalid-window", "the voting window is not such as the space takes")                  \
    REASON(REASON_SNAPSHOT, "invalid-snapshot", "the snapshot block is not mirrored")                            \
    REASON(REASON_TOO_LONG, "too-long", "a text is longer than the space takes")

#define REASON_ENUM(code, slug, sentence) code,
enum reason_code { REASONS(REASON_ENUM) REASON_COUNT };
#undef REASON_ENUM

enum { REASONS_MAX = 8, REASON_TEXT_MAX = 200 };

struct reason {
    enum reason_code code;
    char text[REASON_TEXT_MAX]; /* the sentence, and what is particular */
};

struct reasons {
    size_t n;
    struct reason all[REASONS_MAX]; /* what does not fit is left out */
};

const char *reason_slug(enum reason_code code);
const char *reason_sentence(enum reason_code code);
/* Add one, by its sentence alone. */
void reason_put(struct reasons *r, enum reason_code code);
/* Add one; `format` says what is particular to it. */
void reason_add(struct reasons *r, enum reason_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
