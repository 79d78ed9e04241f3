/* api/voting_power.c - why an account's voting power is what it is at a block, and what it has in ALT. */
#include <string.h>

#include "api/power_question.h"
#include "api/render.h"
#include "api/routes.h"
#include "governance/policy.h"
#include "ledger/position.h"

/* What each part of a policy counts, in words. */
static const struct {
    uint32_t part;
    const char *text;
} counted[] = {
    {POLICY_HELD, "ALT and shares of its vault that are held, unless delegated to somebody else"},
    {POLICY_DELEGATED_IN, "what others delegated to the account"},
    {POLICY_STAKED, "stake, less what slashes took, unless it is with a frozen operator"},
    {POLICY_COOLING_DOWN, "what cools down"},
    {POLICY_QUEUED, "what is queued for withdrawal"},
};

static const char *const components[] = {"held", "delegated_in", "staked", "queued", "cooling_down", "slashed"};
enum { COMPONENTS = sizeof components / sizeof *components };

static const struct {
    const char *code, *text;
} reasons[] = {
    {"delegated-away", "delegated to another account, with which it counts"},
    {"delegated-by-others", "other accounts delegated to this one"},
    {"delegated-in-registry", "counts with the delegate that was set in the DelegateRegistry"},
    {"delegated-to-operator", "staked and delegated to an operator"},
    {"held-for-others", "the contract holds it for its depositors, with whom it counts, or to be burned"},
    {"in-withdrawal-queue", "queued for withdrawal since the block named"},
    {"in-cooldown", "in cooldown since the time named"},
    {"operator-frozen", "staked with an operator that is frozen"},
    {"slashed", "lost to slashes"},
    {"shares-unknown", "the logs do not say how many shares are left"},
    {"cooldown-unknown", "the logs do not say how much of it cools down"},
    {"not-in-policy", "the policy does not count it"},
    {"acquired-after-snapshot", "acquired after the snapshot"},
};

static const char *reason_text(const char *code)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (strcmp(reasons[i].code, code) == 0)
            return reasons[i].text;
    return code;
}

static void write_sum(struct json_writer *w, const char *key, bool known, struct amount sum)
{
    jw_key(w, key);
    if (known)
        jw_amount(w, sum);
    else
        jw_null(w);
}

static void write_policy(struct json_writer *w, uint32_t policy)
{
    char name[POLICY_TEXT];
    AUTO_BUFFER text = {0};
    policy_format(policy, name);
    buffer_text(&text, "Power is what the account had at the end of the block asked for, each unit once. Counted:");
    const char *separator = " ";
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
        if ((policy & counted[i].part) != 0) {
            buffer_printf(&text, "%s%s", separator, counted[i].text);
            separator = "; ";
        }
    buffer_text(&text, ".");
    if ((policy & POLICY_REGISTRY) != 0)
        buffer_text(&text,
                    " All of this but what others delegated counts with the delegate that the account set in the "
                    "DelegateRegistry, if it set one.");
    jw_key(w, "policy");
    jw_object(w);
    jw_key(w, "name");
    jw_text(w, name);
    jw_key(w, "text");
    jw_text_n(w, (const char *)text.p, text.n);
    jw_object_end(w);
}

static void write_components(struct json_writer *w, const struct rows *parts)
{
    jw_key(w, "components");
    jw_object(w);
    for (size_t i = 0; i < COMPONENTS; i++) {
        struct amount sum;
        bool known = power_sum(parts, components[i], false, &sum);
        write_sum(w, components[i], known, sum);
    }
    jw_object_end(w);
}

static const struct member reason_members[] =
    {{.name = "code", .type = T_TEXT, .about = "Kept code of the reason."},
     {.name = "text", .type = T_TEXT, .about = "The same for people."},
     {.name = "counted", .type = T_BOOL, .about = "Whether the amount counts."},
     {.name = "amount", .type = T_AMOUNT, .nullable = true, .about = "How much it is about, in ALT."},
     {.name = "contract", .type = T_ADDRESS, .about = "The token, vault, strategy or staking contract."},
     {.name = "party", .type = T_ADDRESS, .nullable = true, .about = "The delegate or operator."},
     {.name = "withdrawal_root", .type = T_HASH, .nullable = true, .about = "The queued withdrawal."},
     {.name = "since_block", .type = T_U64, .nullable = true, .about = "Since which block."},
     {.name = "since", .type = T_TIME, .nullable = true, .about = "Since when."},
     {.name = "until", .type = T_TIME, .nullable = true, .about = "When it becomes, or became, available."},
     {0}};

static void write_reasons(struct json_writer *w, const struct rows *parts)
{
    /* Of the members after code and text. */
    static const size_t cells[] = {POWER_COUNTED,   POWER_ALT,         POWER_CONTRACT,   POWER_PARTY,
                                   POWER_REFERENCE, POWER_SINCE_BLOCK, POWER_SINCE_TIME, POWER_UNTIL_TIME};
    jw_key(w, "reasons");
    jw_array(w);
    for (size_t i = 0; i < rows_count(parts); i++) {
        if (rows_null(parts, i, POWER_REASON))
            continue;
        const char *code = rows_text(parts, i, POWER_REASON);
        jw_object(w);
        jw_key(w, "code");
        jw_text(w, code);
        jw_key(w, "text");
        jw_text(w, reason_text(code));
        for (size_t c = 0; c < sizeof cells / sizeof *cells; c++) {
            jw_key(w, reason_members[2 + c].name);
            render_cell(w, &reason_members[2 + c], parts, i, cells[c]);
        }
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void write_parts(struct json_writer *w, const struct rows *parts)
{
    jw_key(w, "parts");
    jw_array(w);
    for (size_t i = 0; i < rows_count(parts); i++)
        render_row(w, power_part_members, parts, i, 0);
    jw_array_end(w);
}

static const struct member liability_members[] =
    {{.name = "operator", .type = T_ADDRESS, .about = "The operator."},
     {.name = "avs", .type = T_ADDRESS, .about = "The AVS."},
     {.name = "operator_set", .type = T_U64, .about = "Its operator set, which may slash."},
     {.name = "strategy", .type = T_ADDRESS, .about = "The strategy."},
     {.name = "shares",
      .type = T_AMOUNT,
      .about = "Delegated and still slashable queued shares; the same in each row."},
     {.name = "magnitude", .type = T_AMOUNT, .about = "What the operator allocated to the set, WAD."},
     {.name = "max_magnitude", .type = T_AMOUNT, .about = "The operator's maximum magnitude, WAD."},
     {.name = "at_stake", .type = T_AMOUNT, .about = "What the set can take of the shares: shares x magnitude / max."},
     {0}};

static enum err write_liability(struct json_writer *w, const struct request *r, struct db *db, struct address owner)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(db,
                 "SELECT operator, avs, operator_set, strategy, shares::public.amount, magnitude::public.amount,"
                 " max_magnitude::public.amount, at_stake::public.amount FROM api_v1.slash_liability($1, $2)",
                 WITH(IN(&owner), IN(&r->as_of.position)), &rows));
    jw_key(w, "slash_liability");
    jw_array(w);
    for (size_t i = 0; i < rows_count(rows); i++)
        render_row(w, liability_members, rows, i, 0);
    jw_array_end(w);
    return OK;
}

static enum err write_token(struct json_writer *w, struct db *db)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(db, "SELECT api_v1.power_token()", WITH_NOTHING, &rows));
    jw_key(w, "token");
    render_cell(w, &(const struct member){.type = T_ADDRESS}, rows, 0, 0);
    return OK;
}

/* What getPastVotes answers the governor for its token. */
static enum err write_past_votes(struct json_writer *w, const struct request *r, struct db *db,
                                 const struct power_question *q, struct address owner)
{
    AUTO_ROWS votes = NULL;
    TRY(db_query(db,
                 "SELECT coalesce(api_v1.balance_at(4::smallint, c.address, $2, $3), 0)::public.amount"
                 " FROM api_v1.contracts() c WHERE c.address = $1",
                 WITH(IN(&q->token), IN(&owner), IN(&r->as_of.position)), &votes));
    jw_key(w, "get_past_votes");
    if (rows_count(votes) == 0)
        jw_null(w);
    else
        jw_amount(w, rows_amount(votes, 0, 0));
    return OK;
}

/* Which proposal and space the answer is about, if it is about one. */
static enum err write_subject(struct json_writer *w, const struct request *r, struct db *db,
                              const struct power_question *q, struct address owner)
{
    if (q->subject != POWER_OF_BLOCK) {
        jw_key(w, "proposal");
        jw_hash(w, q->proposal);
    }
    if (q->subject == POWER_OF_ONCHAIN)
        TRY(write_past_votes(w, r, db, q, owner));
    if (q->rule.space != NULL) {
        jw_key(w, "space");
        jw_text(w, q->rule.space);
    }
    if (q->subject == POWER_OF_OFFCHAIN) {
        jw_key(w, "log_size");
        jw_u64(w, q->log_size);
    }
    return OK;
}

static enum err voting_power_run(const struct request *r, struct db *db, struct reply *reply)
{
    struct json_writer *w = &reply->json;
    struct address owner = request_address(r, "address");
    struct power_question q;
    AUTO_ROWS parts = NULL;
    struct amount power;
    TRY(power_question_read(r, db, &q));
    TRY(power_read(db, &q.rule, owner, (uint64_t)r->as_of.position, position_end(r->as_of.head), &parts));
    jw_key(w, "address");
    jw_address(w, owner);
    TRY(write_token(w, db));
    bool known = power_sum(parts, NULL, true, &power);
    write_sum(w, "power", known, power);
    TRY(write_subject(w, r, db, &q, owner));
    jw_key(w, "provisional");
    jw_bool(w, r->as_of.finality != FINALITY_FINALIZED);
    write_policy(w, q.rule.policy);
    write_components(w, parts);
    write_reasons(w, parts);
    if (!request_flag(r, "explain"))
        return OK;
    write_parts(w, parts);
    return write_liability(w, r, db, owner);
}

/* Everything that the account owns, counted as power or not; what others delegated to it and what it lost is not its own. */
static enum err equivalent_run(const struct request *r, struct db *db, struct reply *reply)
{
    static const char *const owned[] = {"held", "staked", "queued", "cooling_down"};
    struct json_writer *w = &reply->json;
    struct address owner = request_address(r, "address");
    AUTO_ROWS parts = NULL;
    struct amount total = amount_zero, sum;
    bool known = true;
    const struct power_rule rule = {.policy = policy_names[0].parts};
    TRY(power_read(db, &rule, owner, (uint64_t)r->as_of.position, (uint64_t)r->as_of.position,
                   &parts)); /* nothing came later */
    jw_key(w, "address");
    jw_address(w, owner);
    TRY(write_token(w, db));
    for (size_t i = 0; known && i < sizeof owned / sizeof *owned; i++)
        known = power_sum(parts, owned[i], false, &sum) && amount_add(total, sum, &total) == OK;
    write_sum(w, "total", known, total);
    write_parts(w, parts);
    return OK;
}

#define AMOUNT_OR_NULL(n, a)                                          \
    {                                                                 \
        .name = (n), .type = T_AMOUNT, .nullable = true, .about = (a) \
    }

static const struct member component_members[] =
    {AMOUNT_OR_NULL("held", "ALT and vault shares held."),
     AMOUNT_OR_NULL("delegated_in", "What others delegated to the account (ERC20Votes)."),
     AMOUNT_OR_NULL("staked", "Stake, less what slashes took and what cools down."),
     AMOUNT_OR_NULL("queued", "In EigenLayer's withdrawal queue."),
     AMOUNT_OR_NULL("cooling_down", "In the cooldown of ALT's staking."),
     AMOUNT_OR_NULL("slashed", "Lost to slashes, of what is staked or queued."),
     {0}};

const struct route voting_power_routes[] =
    {{.method = "GET",
      .path = "/v1/accounts/{address}/voting-power",
      .about = "Voting power of an account at a block, what it is made of, and why the rest does not count.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .cache = CACHE_NEVER, /* what came after the block changes with the head */
      .parameters = PARAMETERS({.name = "address", .type = PARAMETER_ADDRESS, .about = "Whose power."},
                               POWER_QUESTION_PARAMETERS,
                               {.name = "explain",
                                .type = PARAMETER_BOOL,
                                .about = "With every piece, each step of its conversion, and slash liability."}),
      .members = MEMBERS(
          {.name = "address", .type = T_ADDRESS, .about = "The account."},
          {.name = "token", .type = T_ADDRESS, .nullable = true, .about = "The token that power is in."},
          AMOUNT_OR_NULL("power", "The power; null: a rate or share count is not known."),
          {.name = "proposal", .type = T_HASH, .optional = true, .about = "Id of the proposal asked for."},
          {.name = "get_past_votes",
           .type = T_AMOUNT,
           .optional = true,
           .nullable = true,
           .about = "What getPastVotes answers the proposal's governor: the weight of a ballot there; null: its "
                    "token is not mirrored."},
          {.name = "space", .type = T_TEXT, .optional = true, .about = "The space asked for, or the proposal's."},
          {.name = "log_size",
           .type = T_U64,
           .optional = true,
           .about = "Of an off-chain proposal: entries of the message log that the answer speaks of."},
          {.name = "provisional", .type = T_BOOL, .about = "True until the block is finalized."},
          {.name = "policy",
           .nest = NEST_OBJECT,
           .about = "What counts.",
           .members = MEMBERS({.name = "name", .type = T_TEXT, .about = "Its name."},
                              {.name = "text", .type = T_TEXT, .about = "In words."})},
          {.name = "components",
           .nest = NEST_OBJECT,
           .about = "Sums in ALT, counted or not.",
           .members = component_members},
          {.name = "reasons", .nest = NEST_LIST, .about = "What a wallet can show.", .members = reason_members},
          {.name = "parts",
           .nest = NEST_LIST,
           .optional = true,
           .about = "With explain: the pieces, each with its steps.",
           .members = power_part_members},
          {.name = "slash_liability",
           .nest = NEST_LIST,
           .optional = true,
           .about = "With explain: the same shares stand behind each of these sets, and count once.",
           .members = liability_members}),
      .place = power_question_place,
      .run = voting_power_run},
     {.method = "GET",
      .path = "/v1/accounts/{address}/alt-equivalent",
      .about = "What an account has, in ALT: through strategy rate and vault rate, with every step.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS({.name = "address", .type = PARAMETER_ADDRESS, .about = "Whose."}),
      .members = MEMBERS({.name = "address", .type = T_ADDRESS, .about = "The account."},
                         {.name = "token", .type = T_ADDRESS, .nullable = true, .about = "ALT."},
                         AMOUNT_OR_NULL("total", "held + staked + queued + cooling_down; null: a step is not known."),
                         {.name = "parts",
                          .nest = NEST_LIST,
                          .about = "The pieces, each with its steps.",
                          .members = power_part_members}),
      .run = equivalent_run},
     {0}};
