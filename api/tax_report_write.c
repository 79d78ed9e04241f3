/* api/tax_report_write.c - see tax_report.h: the members of a report of lots, its sums, and how they are written. */
#include "api/tax_report.h"

/* A sum of values of which some may be unknown. */
struct sum {
    struct amount value;
    bool unknown;
};

struct sums {
    struct amount acquired, disposed, unmatched, lost, open;
    struct sum income, proceeds, cost, lost_cost, open_cost;
};

static bool in_period(const struct tax_answer *a, size_t event)
{
    return a->happened[event].time.unix_seconds >= a->period.from.unix_seconds;
}

/* ---- values ---- */

static void key_amount(struct json_writer *w, const char *key, bool known, struct amount v)
{
    jw_key(w, key);
    known ? jw_amount(w, v) : jw_null(w);
}

static void key_sum(struct json_writer *w, const char *key, struct sum s)
{
    key_amount(w, key, !s.unknown, s.value);
}

static void key_gain(struct json_writer *w, const char *key, bool known, struct amount cost, struct amount proceeds)
{
    jw_key(w, key);
    known ? jw_delta(w, delta_between(cost, proceeds)) : jw_null(w);
}

static void write_order(struct json_writer *w, size_t event)
{
    jw_key(w, "order");
    jw_u64(w, event + 1);
}

static void write_happened(struct json_writer *w, const struct tax_happened *h)
{
    char day[DAY_TEXT + 1];
    day_format(h->time.unix_seconds / DAY_SECONDS, day);
    jw_key(w, "time");
    jw_time(w, h->time);
    jw_key(w, "day");
    jw_text(w, day);
    jw_key(w, "address");
    jw_address(w, h->address);
    jw_key(w, "what");
    jw_text(w, h->what);
    jw_key(w, "block_number");
    jw_u64(w, h->number);
}

static enum err sum_add(struct sum *s, bool known, struct amount v)
{
    s->unknown = s->unknown || !known;
    return known ? amount_add(s->value, v, &s->value) : OK;
}

/* ---- sums ---- */

static enum err sum_lots(const struct tax_answer *a, struct sums *s)
{
    for (size_t i = 0; i < a->report.n_lots; i++) {
        const struct tax_lot *lot = &a->report.lots[i];
        if (in_period(a, lot->event)) {
            TRY(amount_add(s->acquired, a->events[lot->event].amount, &s->acquired));
            TRY(sum_add(&s->income, a->events[lot->event].priced, lot->cost));
        }
        TRY(amount_add(s->open, lot->remaining, &s->open));
        if (!amount_is_zero(lot->remaining))
            TRY(sum_add(&s->open_cost, lot->costed, lot->cost_left));
    }
    return OK;
}

static enum err sum_disposals(const struct tax_answer *a, struct sums *s)
{
    for (size_t i = 0; i < a->report.n_disposals; i++) {
        const struct tax_disposal *d = &a->report.disposals[i];
        const struct tax_event *e = &a->events[d->event];
        if (!in_period(a, d->event))
            continue;
        TRY(amount_add(s->unmatched, d->unmatched, &s->unmatched));
        if (e->kind == TAX_LOST) {
            TRY(amount_add(s->lost, e->amount, &s->lost));
            TRY(sum_add(&s->lost_cost, d->costed, d->cost));
            continue;
        }
        TRY(amount_add(s->disposed, e->amount, &s->disposed));
        TRY(sum_add(&s->cost, d->costed, d->cost));
        TRY(sum_add(&s->proceeds, d->priced || d->n == 0, d->proceeds));
    }
    return OK;
}

static void write_sums(struct json_writer *w, const struct sums *s)
{
    jw_key(w, "sums");
    jw_object(w);
    key_amount(w, "acquired", true, s->acquired);
    key_sum(w, "income", s->income);
    key_amount(w, "disposed", true, s->disposed);
    key_amount(w, "unmatched", true, s->unmatched);
    key_sum(w, "proceeds", s->proceeds);
    key_sum(w, "cost", s->cost);
    key_gain(w, "gain", !s->cost.unknown && !s->proceeds.unknown, s->cost.value, s->proceeds.value);
    key_amount(w, "lost", true, s->lost);
    key_sum(w, "lost_cost", s->lost_cost);
    key_amount(w, "open", true, s->open);
    key_sum(w, "open_cost", s->open_cost);
    jw_object_end(w);
}

/* ---- rows ---- */

static void write_lots(struct json_writer *w, const struct tax_answer *a)
{
    jw_key(w, "lots");
    jw_array(w);
    for (size_t i = 0; i < a->report.n_lots; i++) {
        const struct tax_lot *lot = &a->report.lots[i];
        const struct tax_event *e = &a->events[lot->event];
        jw_object(w);
        jw_key(w, "lot");
        jw_u64(w, i + 1);
        write_order(w, lot->event);
        write_happened(w, &a->happened[lot->event]);
        jw_key(w, "payments");
        jw_u64(w, a->happened[lot->event].items);
        key_amount(w, "amount", true, e->amount);
        key_amount(w, "unit_cost", e->priced, e->price);
        key_amount(w, "cost", e->priced, lot->cost);
        key_amount(w, "remaining", true, lot->remaining);
        key_amount(w, "remaining_cost", lot->costed || amount_is_zero(lot->remaining), lot->cost_left);
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void write_matches(struct json_writer *w, const struct tax_answer *a, const struct tax_disposal *d)
{
    jw_key(w, "matches");
    jw_array(w);
    for (size_t i = 0; i < d->n; i++) {
        const struct tax_match *m = &a->report.matches[d->first + i];
        jw_object(w);
        jw_key(w, "lot");
        jw_u64(w, m->lot + 1);
        jw_key(w, "acquired_at");
        jw_time(w, a->happened[a->report.lots[m->lot].event].time);
        key_amount(w, "amount", true, m->amount);
        key_amount(w, "cost", m->costed, m->cost);
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void write_disposals(struct json_writer *w, const struct tax_answer *a)
{
    jw_key(w, "disposals");
    jw_array(w);
    for (size_t i = 0; i < a->report.n_disposals; i++) {
        const struct tax_disposal *d = &a->report.disposals[i];
        if (!in_period(a, d->event))
            continue;
        bool priced = d->priced || d->n == 0;
        jw_object(w);
        write_order(w, d->event);
        write_happened(w, &a->happened[d->event]);
        key_amount(w, "amount", true, a->events[d->event].amount);
        key_amount(w, "unmatched", true, d->unmatched);
        key_amount(w, "proceeds", priced, d->proceeds);
        key_amount(w, "cost", d->costed, d->cost);
        key_gain(w, "gain", priced && d->costed, d->cost, d->proceeds);
        write_matches(w, a, d);
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void write_open(struct json_writer *w, const struct tax_answer *a)
{
    jw_key(w, "undetermined");
    jw_array(w);
    for (size_t i = 0; i < a->n_open; i++) {
        jw_object(w);
        write_happened(w, &a->open[i]);
        jw_object_end(w);
    }
    jw_array_end(w);
}

enum err tax_report_write(struct json_writer *w, const struct tax_answer *a)
{
    struct sums sums = {.acquired = amount_zero};
    TRY(sum_lots(a, &sums));
    TRY(sum_disposals(a, &sums));
    jw_key(w, "token");
    jw_address(w, a->token);
    jw_key(w, "method");
    jw_text(w, a->method_name);
    jw_key(w, "decimals");
    jw_u64(w, a->decimals);
    write_sums(w, &sums);
    write_lots(w, a);
    write_disposals(w, a);
    write_open(w, a);
    return OK;
}

/* ---- members ---- */

#define VALUE(member, text)                                               \
    {                                                                     \
        .name = member, .type = T_AMOUNT, .nullable = true, .about = text \
    }
#define ORDER                                                                                    \
    {                                                                                            \
        .name = "order", .type = T_U64, .about = "Its number among lots and disposals in order." \
    }
#define HAPPENED                                                                                                    \
    {.name = "time", .type = T_TIME, .about = "Time of its block."},                                                \
        {.name = "day", .type = T_TEXT, .about = "Day of its block (UTC), whose price counts."},                    \
        {.name = "address", .type = T_ADDRESS, .about = "Whose."},                                                  \
        {.name = "what", .type = T_TEXT, .about = "payout, alt_staking_fee, alt_staking_reward; transfer, slash."}, \
    {                                                                                                               \
        .name = "block_number", .type = T_U64, .about = "Its block."                                                \
    }

static const struct member sum_members[] =
    {{.name = "acquired", .type = T_AMOUNT, .about = "Base units of lots of the period."},
     VALUE("income", "What they were worth when booked; null where a price is missing."),
     {.name = "disposed", .type = T_AMOUNT, .about = "Base units sent away in the period."},
     {.name = "unmatched", .type = T_AMOUNT, .about = "Of disposed and lost what was no lot's."},
     VALUE("proceeds", "What was sent away of lots was worth."),
     VALUE("cost", "What that cost."),
     {.name = "gain", .type = T_DELTA, .nullable = true, .about = "proceeds - cost."},
     {.name = "lost", .type = T_AMOUNT, .about = "Base units that slashes took in the period."},
     VALUE("lost_cost", "What that cost: the loss."),
     {.name = "open", .type = T_AMOUNT, .about = "Base units of lots at the period's end."},
     VALUE("open_cost", "What they cost."),
     {0}};
static const struct member lot_members[] =
    {{.name = "lot", .type = T_U64, .about = "Its number among lots, in order from the beginning."},
     ORDER,
     HAPPENED,
     {.name = "payments", .type = T_U64, .about = "How many payouts it is: those of a block are one lot."},
     {.name = "amount", .type = T_AMOUNT, .about = "Base units."},
     VALUE("unit_cost", "The price of its day, WAD."),
     VALUE("cost", "floor(amount * unit_cost / 10^decimals), in 1e-18 of the currency."),
     {.name = "remaining", .type = T_AMOUNT, .about = "Base units left at the period's end."},
     VALUE("remaining_cost", "What they cost; average: their part of the pool's cost."),
     {0}};
static const struct member match_members[] =
    {{.name = "lot", .type = T_U64, .about = "Number of the lot."},
     {.name = "acquired_at", .type = T_TIME, .about = "When the lot was booked."},
     {.name = "amount", .type = T_AMOUNT, .about = "Base units taken of it."},
     VALUE("cost", "floor(left cost * amount / left amount), of the lot, or of the pool (average)."),
     {0}};
static const struct member disposal_members[] =
    {ORDER,
     HAPPENED,
     {.name = "amount", .type = T_AMOUNT, .about = "Base units."},
     {.name = "unmatched", .type = T_AMOUNT, .about = "Of that what was no lot's: no reward of these addresses."},
     VALUE("proceeds", "floor(matched amount * price / 10^decimals); of a slash 0."),
     VALUE("cost", "Sum of the matches'."),
     {.name = "gain", .type = T_DELTA, .nullable = true, .about = "proceeds - cost."},
     {.name = "matches", .nest = NEST_LIST, .members = match_members, .about = "Which lots it took, in order."},
     {0}};
static const struct member open_members[] = {HAPPENED, {0}};

const struct member tax_report_members[] =
    {{.name = "token", .type = T_ADDRESS, .about = "The token."},
     {.name = "method", .type = T_TEXT, .about = "The method."},
     {.name = "decimals", .type = T_U64, .about = "Decimals that prices count in."},
     {.name = "sums", .nest = NEST_OBJECT, .members = sum_members, .about = "Sums of the period."},
     {.name = "lots",
      .nest = NEST_LIST,
      .members = lot_members,
      .about = "All lots up to the period's end, with what is left of them then."},
     {.name = "disposals",
      .nest = NEST_LIST,
      .members = disposal_members,
      .about = "Transfers and slashes of the period, with the lots that they took."},
     {.name = "undetermined",
      .nest = NEST_LIST,
      .members = open_members,
      .about = "Slashes whose loss the logs leave open: not counted."},
     {0}};
