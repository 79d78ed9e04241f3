/* api/alt_view_lists.c - distributions and alerts of a staking contract. */
#include "api/alt_view.h"

/* ---- distributions ------------------------------------------------------------------------------------------------ */

static void write_terms(struct json_writer *w, struct alt_view *v, const struct alt_terms *d, size_t i)
{
    alt_key_amount(w, "emission_per_second", d->is_read, d->index.emission_per_second);
    alt_key_time(w, "starts_at", d->is_read ? d->index.starts_at : 0);
    alt_key_time(w, "ends_at", d->is_read ? d->index.ends_at : 0);
    alt_key_time(w, "updated_at", d->index.has_terms ? d->index.updated_at : 0);
    alt_key_number(w, "read_at_block", d->is_read, (int64_t)d->read_block);
    static const char *const members[] = {"emission_per_second", "starts_at", "ends_at", "updated_at"};
    for (size_t m = 0; m < sizeof members / sizeof *members; m++) {
        bool is_known = m < 3 ? d->is_read : d->index.has_terms;
        if (!is_known)
            undetermined_add(&v->undetermined, UNDETERMINED_TERMS, "/distributions/%zu/%s", i, members[m]);
        else if (m == 2 && d->read_block < v->block)
            undetermined_add(&v->undetermined, UNDETERMINED_AS_READ, "/distributions/%zu/%s", i, members[m])
                ->read_at_block = d->read_block;
    }
}

static void write_index(struct json_writer *w, struct alt_view *v, const struct alt_terms *d, size_t i)
{
    struct amount now = amount_zero;
    bool from_terms, known = alt_index_now(d, v->now, &now, &from_terms);
    alt_key_amount(w, "index", true, d->index.stored);
    alt_key_amount(w, "current_index", known, now);
    if (!known)
        undetermined_add(&v->undetermined, UNDETERMINED_TERMS, "/distributions/%zu/current_index", i);
    else if (from_terms && d->read_block < v->block)
        undetermined_add(&v->undetermined, UNDETERMINED_AS_READ, "/distributions/%zu/current_index", i)->read_at_block =
            d->read_block;
}

static struct amount booked(const struct alt_view *v, size_t i, size_t what)
{
    const json_t *figures = json_array_get(v->rewards, i);
    return packed_null(figures, what) ? amount_zero : packed_amount(figures, what);
}

void alt_write_distributions(struct json_writer *w, struct alt_view *v)
{
    jw_key(w, "distributions");
    jw_array(w);
    for (size_t i = 0; i < v->figures.n; i++) {
        const struct alt_terms *d = &v->figures.distributions[i];
        jw_object(w);
        alt_key_number(w, "distribution", true, d->id);
        alt_key_address(w, "reward_token", d->has_token, d->token);
        alt_key_address(w, "reward_vault", d->has_vault, d->vault);
        if (!d->has_token) {
            undetermined_add(&v->undetermined, UNDETERMINED_PAYER, "/distributions/%zu/reward_token", i);
            undetermined_add(&v->undetermined, UNDETERMINED_PAYER, "/distributions/%zu/reward_vault", i);
        }
        write_terms(w, v, d, i);
        write_index(w, v, d, i);
        alt_key_amount(w, "accrued", true, booked(v, i, ALT_BOOKED_ACCRUED));
        alt_key_amount(w, "protocol_fee", true, booked(v, i, ALT_BOOKED_PROTOCOL_FEE));
        alt_key_amount(w, "operator_fee", true, booked(v, i, ALT_BOOKED_OPERATOR_FEE));
        jw_object_end(w);
    }
    jw_array_end(w);
}

const struct member alt_distribution_members[] =
    {{.name = "distribution", .type = T_I32, .about = "Its id."},
     {.name = "reward_token", .type = T_ADDRESS, .nullable = true, .about = "What it pays in; null if undetermined."},
     {.name = "reward_vault", .type = T_ADDRESS, .nullable = true, .about = "Who pays; null if undetermined."},
     {.name = "emission_per_second",
      .type = T_AMOUNT,
      .nullable = true,
      .about = "Rewards a second, for all; null if undetermined."},
     {.name = "starts_at", .type = T_TIME, .nullable = true, .about = "startTime; null if undetermined."},
     {.name = "ends_at", .type = T_TIME, .nullable = true, .about = "endTime; null if undetermined."},
     {.name = "updated_at",
      .type = T_TIME,
      .nullable = true,
      .about = "updateTimestamp; null if undetermined, or never."},
     {.name = "read_at_block",
      .type = T_U64,
      .nullable = true,
      .about = "When the contract was asked for these terms; null: never."},
     {.name = "index", .type = T_AMOUNT, .about = "The stored index, 1e18 precision."},
     {.name = "current_index",
      .type = T_AMOUNT,
      .nullable = true,
      .about = "What an update in this block would store; null if undetermined."},
     {.name = "accrued", .type = T_AMOUNT, .about = "Rewards booked so far, before fees."},
     {.name = "protocol_fee", .type = T_AMOUNT, .about = "Of that, paid to the protocol's vault."},
     {.name = "operator_fee", .type = T_AMOUNT, .about = "Of that, paid to operators."},
     {0}};

/* ---- alerts ------------------------------------------------------------------------------------------------------- */

/* As in ledger.alt_alert. */
enum { KIND_UNKNOWN, KIND_BLOCK, KIND_MESSAGE };
enum { EXPIRY_NONE = 0, EXPIRY_UNKNOWN = -1 };

/* An alert that nobody voted on since its removal has neither kind of expiry, and no resets. */
static void write_expiry(struct json_writer *w, struct alt_view *v, const json_t *a, size_t i)
{
    int64_t kind = packed_number(a, ALT_ALERT_KIND), expiry = packed_number(a, ALT_ALERT_EXPIRY);
    bool is_open = kind == KIND_UNKNOWN && expiry != EXPIRY_NONE;
    bool has_expiry = kind == KIND_MESSAGE && expiry != EXPIRY_NONE && expiry != EXPIRY_UNKNOWN;
    bool may_expire = expiry != EXPIRY_NONE && expiry < v->now; /* if about a message */
    alt_key_time(w, "expires_at", has_expiry ? expiry : 0);
    alt_key_bool(w, "never_expires", !is_open, kind == KIND_BLOCK && expiry != EXPIRY_NONE);
    bool is_known = kind == KIND_BLOCK || (expiry != EXPIRY_UNKNOWN && (!is_open || !may_expire));
    alt_key_bool(w, "expired", is_known, kind == KIND_MESSAGE && may_expire);
    if (is_open) {
        undetermined_add(&v->undetermined, UNDETERMINED_ALERT, "/alerts/%zu/kind", i);
        undetermined_add(&v->undetermined, UNDETERMINED_ALERT, "/alerts/%zu/expires_at", i);
        undetermined_add(&v->undetermined, UNDETERMINED_ALERT, "/alerts/%zu/never_expires", i);
    } else if (kind == KIND_MESSAGE && expiry == EXPIRY_UNKNOWN) {
        undetermined_add(&v->undetermined, UNDETERMINED_SETTING, "/alerts/%zu/expires_at", i);
    }
    if (!is_known)
        undetermined_add(&v->undetermined, is_open ? UNDETERMINED_ALERT : UNDETERMINED_SETTING, "/alerts/%zu/expired",
                         i);
}

static void write_resets(struct json_writer *w, struct alt_view *v, const json_t *a, size_t i)
{
    int64_t kind = packed_number(a, ALT_ALERT_KIND), n = packed_number(a, ALT_ALERT_RESETS);
    bool is_exact = packed_bool(a, ALT_ALERT_RESETS_KNOWN);
    bool known = kind == KIND_BLOCK || (is_exact && (kind == KIND_MESSAGE || n == 0));
    alt_key_number(w, "reset_count", known, kind == KIND_BLOCK ? 0 : n);
    if (!known)
        undetermined_add(&v->undetermined, UNDETERMINED_ALERT, "/alerts/%zu/reset_count", i);
}

static void write_votes(struct json_writer *w, struct alt_view *v, const json_t *a, size_t i)
{
    uint64_t n = 0;
    bool known = packed_bool(a, ALT_ALERT_COUNT_KNOWN) && amount_to_u64(packed_amount(a, ALT_ALERT_COUNT), &n) == OK;
    alt_key_number(w, "vote_count", known, (int64_t)n);
    if (!known)
        undetermined_add(&v->undetermined, UNDETERMINED_VOTES, "/alerts/%zu/vote_count", i);
}

void alt_write_alerts(struct json_writer *w, struct alt_view *v)
{
    static const char *const kinds[] = {[KIND_BLOCK] = "block", [KIND_MESSAGE] = "message"};
    jw_key(w, "alerts");
    jw_array(w);
    for (size_t i = 0; i < json_array_size(v->alerts); i++) {
        const json_t *a = json_array_get(v->alerts, i);
        int64_t kind = packed_number(a, ALT_ALERT_KIND);
        jw_object(w);
        jw_key(w, "alert");
        jw_hash(w, packed_hash(a, ALT_ALERT_HASH));
        jw_key(w, "kind");
        if (kind == KIND_UNKNOWN)
            jw_null(w);
        else
            jw_text(w, kinds[kind]);
        write_votes(w, v, a, i);
        alt_key_bool(w, "is_active", true, packed_bool(a, ALT_ALERT_ACTIVE));
        alt_key_bool(w, "listed", true, packed_bool(a, ALT_ALERT_LISTED));
        write_expiry(w, v, a, i);
        write_resets(w, v, a, i);
        jw_object_end(w);
    }
    jw_array_end(w);
}

const struct member alt_alert_members[] =
    {{.name = "alert", .type = T_HASH, .about = "keccak256 of the block number or message that it is about."},
     {.name = "kind", .type = T_TEXT, .nullable = true, .about = "block or message; null if undetermined."},
     {.name = "vote_count", .type = T_U64, .nullable = true, .about = "Votes now; null if undetermined."},
     {.name = "is_active", .type = T_BOOL, .about = "Whether a vote reached the threshold."},
     {.name = "listed", .type = T_BOOL, .about = "Voted on and not removed since."},
     {.name = "expires_at",
      .type = T_TIME,
      .nullable = true,
      .about = "When a vote would start the count anew; null: never, or undetermined."},
     {.name = "never_expires", .type = T_BOOL, .nullable = true, .about = "It is about a block; null if undetermined."},
     {.name = "expired",
      .type = T_BOOL,
      .nullable = true,
      .about = "Whether expires_at has passed; null if undetermined."},
     {.name = "reset_count",
      .type = T_U64,
      .nullable = true,
      .about = "How often the count was started anew; null if undetermined."},
     {0}};
