/* api/undetermined.h - the list `undetermined` of a reply: which of its members are null, or as last read, and why. */
#ifndef API_UNDETERMINED_H
#define API_UNDETERMINED_H

#include "api/route.h"

/* REASON(code, name, sentence) */
#define UNDETERMINED_REASONS(REASON)                                                                                 \
    REASON(UNDETERMINED_COOLDOWN, "unstake-or-switch",                                                               \
           "The logs of unstake and stake are those of switchOperator, but only unstake lowers the cooldown.")       \
    REASON(UNDETERMINED_CLAIM, "claim-names-no-distribution",                                                        \
           "RewardsClaimed names no distribution, and several pay the same token from the same vault.")              \
    REASON(UNDETERMINED_TERMS, "distribution-without-event",                                                         \
           "createDistribution and setDistributionEnd emit nothing, and the contract could not be asked.")           \
    REASON(UNDETERMINED_AS_READ, "as-read",                                                                          \
           "No event says so: what the contract answered at read_at_block, or what follows from it.")                \
    REASON(UNDETERMINED_PAYER, "no-payment-seen",                                                                    \
           "No event names it, and no payment of the distribution showed it yet.")                                   \
    REASON(UNDETERMINED_ALERT, "alert-kind-not-logged",                                                              \
           "AlertVoted does not say whether the alert is about a block, which never expires, or a message.")         \
    REASON(UNDETERMINED_VOTES, "votes-may-be-cleared",                                                               \
           "Votes of an operator are cleared without an event when it becomes inactive, which hangs on a cooldown.") \
    REASON(UNDETERMINED_SETTING, "setting-without-event",                                                            \
           "Set without an event; the network file does not name it and the contract could not be asked.")

#define UNDETERMINED_ENUM(code, name, sentence) code,
enum undetermined_reason { UNDETERMINED_REASONS(UNDETERMINED_ENUM) };
#undef UNDETERMINED_ENUM

enum { UNDETERMINED_PATH = 64 };

struct undetermined_item {
    char path[UNDETERMINED_PATH]; /* JSON pointer from the object that has the list */
    enum undetermined_reason reason;
    bool has_bounds;
    struct amount least, most;
    uint64_t read_at_block; /* UNDETERMINED_AS_READ */
};

struct undetermined {
    struct arena *arena;
    struct undetermined_item *items;
    size_t n, room;
};

/* The new item, whose bounds may be filled in until the next is added. */
__attribute__((format(printf, 3, 4))) struct undetermined_item *undetermined_add(struct undetermined *u,
                                                                                 enum undetermined_reason reason,
                                                                                 const char *path, ...);
/* The key and the list. */
void undetermined_write(struct json_writer *w, const struct undetermined *u);
extern const struct member undetermined_item_members[];

#endif
