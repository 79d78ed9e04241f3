/* api/simulation_members.c - see simulation.h: the members of a simulated slash, and how they are written. */
#include "api/render.h"
#include "api/simulation.h"
#include "api/slash.h"

static const struct member loss_members[] =
    {{.name = "strategy", .type = T_ADDRESS, .about = "The strategy."},
     {.name = "kind", .type = T_TEXT, .about = "staker: a delegated staker; withdrawal: one in the queue."},
     {.name = "account", .type = T_ADDRESS, .about = "The staker."},
     {.name = "withdrawal_root", .type = T_HASH, .nullable = true, .about = "Of a queued withdrawal: its root."},
     {.name = "before",
      .type = T_AMOUNT,
      .nullable = true,
      .about = "Shares that can be withdrawn; null: the logs leave it open."},
     {.name = "after", .type = T_AMOUNT, .nullable = true, .about = "The same after the slash."},
     {.name = "loss", .type = T_AMOUNT, .nullable = true, .about = "before - after."},
     {.name = "alt_before",
      .type = T_AMOUNT,
      .nullable = true,
      .about =
          "before in ALT: of a staker what its staked voting power is made of; null: not ALT, or a rate is not known."},
     {.name = "alt_after", .type = T_AMOUNT, .nullable = true, .about = "after in ALT."},
     {0}};

static const struct member change_members[] = {{.name = "before", .type = T_AMOUNT, .about = "Before the slash."},
                                               {.name = "after", .type = T_AMOUNT, .about = "After it."},
                                               {0}};
static const struct member delta_members[] = {{.name = "before", .type = T_DELTA, .about = "Before the slash."},
                                              {.name = "after", .type = T_DELTA, .about = "After it."},
                                              {0}};
#define CHANGE(member, text)                                                          \
    {                                                                                 \
        .name = member, .nest = NEST_OBJECT, .members = change_members, .about = text \
    }

static const struct member strategy_members[] =
    {{.name = "strategy", .type = T_ADDRESS, .about = "The strategy."},
     {.name = "wad", .type = T_AMOUNT, .about = "As asked for."},
     {.name = "wad_slashed",
      .type = T_AMOUNT,
      .about = "Of all stake delegated to the operator (OperatorSlashed), WAD; 0: passed over."},
     {.name = "slashed_magnitude", .type = T_AMOUNT, .about = "What is taken of the magnitudes."},
     CHANGE("current_magnitude", "The set's allocation that can be slashed (getAllocation)."),
     {.name = "pending_diff",
      .nest = NEST_OBJECT,
      .members = delta_members,
      .about = "Its pending change; a decrease shrinks with the slash."},
     {.name = "effect_block", .type = T_U64, .about = "When that takes effect; 0: nothing is pending."},
     CHANGE("max_magnitude", "Maximum magnitude (MaxMagnitudeUpdated)."),
     CHANGE("encumbered_magnitude", "As getEncumberedMagnitude answers."),
     {.name = "encumbered_magnitude_stored",
      .type = T_AMOUNT,
      .nullable = true,
      .about = "What EncumberedMagnitudeUpdated would say: more, while deallocations of other sets wait to be cleared; "
               "null: passed over."},
     CHANGE("operator_shares", "Shares delegated to the operator."),
     {.name = "live_shares", .type = T_AMOUNT, .about = "What is taken of those (OperatorSharesDecreased)."},
     {.name = "queued_shares", .type = T_AMOUNT, .about = "What is taken from the withdrawal queue."},
     {.name = "total_shares", .type = T_AMOUNT, .about = "Both together (OperatorSharesSlashed)."},
     {.name = "stakers", .type = T_U64, .about = "How many delegated stakers it hits."},
     {.name = "unknown", .type = T_U64, .about = "Of how many of them the logs leave the loss open; it is in residue."},
     {.name = "staker_loss", .type = T_AMOUNT, .about = "What the others lose together."},
     {.name = "withdrawals", .type = T_U64, .about = "How many queued withdrawals it hits."},
     {.name = "withdrawal_loss", .type = T_AMOUNT, .about = "What they lose together."},
     {.name = "dust",
      .type = T_AMOUNT,
      .about = "Operator shares that belong to no staker, since scaling factors are rounded down."},
     {.name = "dust_loss", .type = T_AMOUNT, .about = "What is taken of that."},
     {.name = "residue", .type = T_DELTA, .about = "total_shares less all losses: what rounding leaves over."},
     {0}};

const struct member simulation_members[] =
    {{.name = "operator", .type = T_ADDRESS, .about = "As asked for."},
     {.name = "avs", .type = T_ADDRESS, .about = "As asked for."},
     {.name = "operator_set", .type = T_U64, .about = "As asked for."},
     {.name = "slasher",
      .type = T_ADDRESS,
      .nullable = true,
      .about = "The only one who may slash for the set (getSlasher); null: the logs name none."},
     {.name = "disposition", .type = T_TEXT, .about = "burned, or redistributed to the recipient of the set."},
     {.name = "recipient", .type = T_ADDRESS, .about = "To whom the slashed shares would go."},
     {.name = "strategies",
      .nest = NEST_LIST,
      .about = "What it would do in each strategy.",
      .members = strategy_members},
     {.name = "impact",
      .nest = NEST_LIST,
      .about = "Whom it would hit, by strategy: stakers by address, then withdrawals as they were queued.",
      .members = loss_members},
     {.name = "has_more", .type = T_BOOL, .about = "Whether impact was cut off by limit; the totals are whole."},
     {0}};

/* ---- writing ---- */

static void put_address(struct json_writer *w, const char *key, struct address a)
{
    jw_key(w, key);
    jw_address(w, a);
}

static void put_amount(struct json_writer *w, const char *key, struct amount a)
{
    jw_key(w, key);
    jw_amount(w, a);
}

static void put_delta(struct json_writer *w, const char *key, struct delta d)
{
    jw_key(w, key);
    jw_delta(w, d);
}

static void put_u64(struct json_writer *w, const char *key, uint64_t v)
{
    jw_key(w, key);
    jw_u64(w, v);
}

static void put_change(struct json_writer *w, const char *key, struct amount before, struct amount after)
{
    jw_key(w, key);
    jw_object(w);
    put_amount(w, "before", before);
    put_amount(w, "after", after);
    jw_object_end(w);
}

static void write_magnitudes(struct json_writer *w, const struct simulated *t)
{
    put_amount(w, "wad_slashed", t->after.wad_slashed);
    put_amount(w, "slashed_magnitude", t->after.slashed_magnitude);
    put_change(w, "current_magnitude", t->before.allocation.current, t->after.allocation.current);
    jw_key(w, "pending_diff");
    jw_object(w);
    put_delta(w, "before", t->before.allocation.pending);
    put_delta(w, "after", t->after.allocation.pending);
    jw_object_end(w);
    put_u64(w, "effect_block", (uint64_t)t->after.allocation.effect_block);
    put_change(w, "max_magnitude", t->before.max_magnitude, t->after.max_magnitude);
    put_change(w, "encumbered_magnitude", t->before.encumbered, t->after.encumbered);
    jw_key(w, "encumbered_magnitude_stored");
    if (t->passed_over)
        jw_null(w);
    else
        jw_amount(w, t->emitted);
}

static void write_strategy(struct json_writer *w, const struct simulated *t)
{
    jw_object(w);
    put_address(w, "strategy", t->strategy);
    put_amount(w, "wad", t->wad);
    write_magnitudes(w, t);
    put_change(w, "operator_shares", t->before.operator_shares,
               amount_minus_or_zero(t->before.operator_shares, t->after.live_shares));
    put_amount(w, "live_shares", t->after.live_shares);
    put_amount(w, "queued_shares", t->after.queued_shares);
    put_amount(w, "total_shares", t->after.total_shares);
    put_u64(w, "stakers", t->stakers);
    put_u64(w, "unknown", t->unknown);
    put_amount(w, "staker_loss", t->staker_loss);
    put_u64(w, "withdrawals", t->withdrawals);
    put_amount(w, "withdrawal_loss", t->withdrawal_loss);
    put_amount(w, "dust", t->dust);
    put_amount(w, "dust_loss", t->dust_loss);
    put_delta(w, "residue", t->residue);
    jw_object_end(w);
}

void simulation_write(struct json_writer *w, const struct simulation *s)
{
    bool burned = address_is_zero(s->recipient);
    put_address(w, "operator", s->operator);
    put_address(w, "avs", s->avs);
    put_u64(w, "operator_set", (uint64_t)s->operator_set);
    jw_key(w, "slasher");
    if (address_is_zero(s->slasher))
        jw_null(w);
    else
        jw_address(w, s->slasher);
    jw_key(w, "disposition");
    jw_text(w, burned ? "burned" : "redistributed");
    put_address(w, "recipient", burned ? slash_burn_address : s->recipient);
    jw_key(w, "strategies");
    jw_array(w);
    for (size_t i = 0; i < s->n; i++)
        write_strategy(w, &s->strategies[i]);
    jw_array_end(w);
}

void simulation_write_loss(struct json_writer *w, const struct rows *rows, size_t row)
{
    render_row(w, loss_members, rows, row, 0);
}
