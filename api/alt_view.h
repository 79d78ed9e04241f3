/* api/alt_view.h - the parts of a reply about a contract of ALT's own staking, and the packed rows that they are written from. */
#ifndef API_ALT_VIEW_H
#define API_ALT_VIEW_H

#include "api/alt_figures.h"
#include "api/undetermined.h"

/* Elements of the packed arrays, in the order of alt_staking.c's statement. */
enum {
    ALT_OPERATOR_ADDRESS,
    ALT_OPERATOR_REGISTERED,
    ALT_OPERATOR_FROZEN,
    ALT_OPERATOR_SUPPLY,
    ALT_OPERATOR_COOLING,
    ALT_OPERATOR_DOUBT,
    ALT_OPERATOR_FEE,
    ALT_OPERATOR_PENDING_FEE,
    ALT_OPERATOR_FEE_END,
    ALT_OPERATOR_NODE_KEY,
    ALT_OPERATOR_VOTED,
    ALT_OPERATOR_FEES
};
enum { ALT_BOOKED_ACCRUED, ALT_BOOKED_PROTOCOL_FEE, ALT_BOOKED_OPERATOR_FEE };
enum {
    ALT_ALERT_HASH,
    ALT_ALERT_COUNT,
    ALT_ALERT_COUNT_KNOWN,
    ALT_ALERT_ACTIVE,
    ALT_ALERT_LISTED,
    ALT_ALERT_KIND,
    ALT_ALERT_EXPIRY,
    ALT_ALERT_RESETS,
    ALT_ALERT_RESETS_KNOWN
};

struct alt_view {
    struct alt_figures figures;
    const json_t *settings, *operators, *rewards, *alerts;
    bool paused;
    uint64_t block;
    int64_t now;
    bool has_min;
    struct amount min_voting_stake;
    struct undetermined undetermined;
};

/* What cools down and what votes may be in doubt; equal ends: known. */
struct alt_range {
    struct amount least, most;
};
bool alt_is_exact(struct alt_range x);
/* Of a packed operator. */
struct alt_range alt_cooling_of(const json_t *o);
struct alt_range alt_voting_of(const json_t *o);
enum alt_is { ALT_IS_INACTIVE, ALT_IS_ACTIVE, ALT_IS_IN_DOUBT };
enum alt_is alt_activity_of(const struct alt_view *v, const json_t *o);

/* False: unknown, as json_t of the settings has it. */
bool alt_setting_amount(const struct alt_view *v, size_t number, struct amount *out);

void alt_write_totals(struct json_writer *w, struct alt_view *v);
void alt_write_config(struct json_writer *w, struct alt_view *v);
void alt_write_operators(struct json_writer *w, struct alt_view *v);
void alt_write_distributions(struct json_writer *w, struct alt_view *v);
void alt_write_alerts(struct json_writer *w, struct alt_view *v);
extern const struct member alt_totals_members[], alt_config_members[], alt_operator_members[],
    alt_distribution_members[], alt_alert_members[];

/* Saturating: sums of what a contract says cannot leave 256 bits. */
struct amount alt_plus(struct amount a, struct amount b);
/* A key and its value, or null. */
void alt_key_amount(struct json_writer *w, const char *key, bool known, struct amount v);
void alt_key_number(struct json_writer *w, const char *key, bool known, int64_t v);
void alt_key_bool(struct json_writer *w, const char *key, bool known, bool v);
void alt_key_time(struct json_writer *w, const char *key, int64_t v); /* 0: null, not set or not known */
void alt_key_address(struct json_writer *w, const char *key, bool known, struct address v);
/* Null and listed as undetermined with its bounds, unless exact. */
void alt_key_range(struct json_writer *w, struct alt_view *v, const char *key, struct alt_range x, const char *path);

#endif
