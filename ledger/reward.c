/* ledger/reward.c - see reward.h. */
#include "ledger/reward.h"

#include <assert.h>
#include <string.h>

#include "ledger/token.h"

/* ---- accounts ----------------------------------------------------------------------------------------------------- */

struct account_key reward_key_submitted(struct address token, struct address distributor)
{
    return account_key_second(BOOK_REWARD_SUBMITTED, token, address_zero,
                              (struct slice){distributor.b, sizeof distributor.b});
}

struct account_key reward_key_of_submission(enum book book, struct address token, struct address owner,
                                            struct hash submission)
{
    assert(book == BOOK_REWARD_PENDING || book == BOOK_REWARD_REMAINDER || book == BOOK_REWARD_BURNED);
    return account_key_second(book, token, owner, (struct slice){submission.b, sizeof submission.b});
}

struct account_key reward_key_of_earner(enum book book, struct address token, struct address earner,
                                        struct address distributor)
{
    assert(book == BOOK_REWARD_EARNED || book == BOOK_REWARD_CLAIMED || book == BOOK_REWARD_SETTLED);
    return account_key_second(book, token, earner, (struct slice){distributor.b, sizeof distributor.b});
}

struct account_key reward_key_pool(struct address token, struct address operator, struct hash submission, int64_t day,
                                   enum reward_role role)
{
    uint8_t second[sizeof submission.b + sizeof(uint32_t) + 1], *p = second + sizeof submission.b;
    assert(day >= 0 && day <= UINT32_MAX);
    memcpy(second, submission.b, sizeof submission.b);
    for (int shift = 24; shift >= 0; shift -= 8)
        *p++ = (uint8_t)(day >> shift);
    *p = (uint8_t)role;
    return account_key_second(BOOK_REWARD_POOL, token, operator,(struct slice){second, sizeof second});
}

/* False, and the distributor is marked: 256 bits cannot hold it. */
static bool fits(struct books *b, struct address distributor, const struct account_key *debit,
                 const struct account_key *credit, struct amount v)
{
    if (account_can_move(b, debit, credit, v))
        return true;
    token_mark_inconsistent(b, distributor, "a movement that 256 bits cannot hold was not booked");
    return false;
}

static void move(struct books *b, const struct account_key *debit, const struct account_key *credit, struct amount v)
{
    if (!amount_is_zero(v))
        account_move(b, debit, credit, v);
}

/* ---- what is to be distributed ------------------------------------------------------------------------------------ */

/* ERR_OVERFLOW. */
MUST_CHECK static enum err sum_of(const struct reward_listed *listed, size_t n, struct amount *out)
{
    struct amount sum = amount_zero;
    for (size_t i = 0; i < n; i++)
        TRY(amount_add(sum, listed[i].amount, &sum));
    *out = sum;
    return OK;
}

/* Without a text: an empty one, which is not NULL. */
static struct slice no_text(void)
{
    return (struct slice){(const uint8_t *)"", 0};
}

static bool is_directed(enum reward_kind kind)
{
    return kind == REWARD_DIRECTED_AVS || kind == REWARD_DIRECTED_SET;
}

static void append_lists(struct books *b, const struct reward_submission *s)
{
    for (size_t i = 0; i < s->n_strategies; i++) {
        struct reward_strategy_row row = {.submission = s->hash,
                                          .item = (int64_t)i,
                                          .strategy = s->strategies[i].address,
                                          .multiplier = s->strategies[i].amount};
        books_append(b, TIMELINE_REWARD_STRATEGY, &row);
    }
    for (size_t i = 0; i < s->n_operators; i++) {
        struct reward_operator_row row = {.submission = s->hash,
                                          .item = (int64_t)i,
                                          .operator= s->operators[i].address,
                                          .amount = s->operators[i].amount};
        books_append(b, TIMELINE_REWARD_OPERATOR, &row);
    }
}

void reward_apply_submission(struct books *b, const struct reward_submission *s, int64_t day)
{
    struct amount amount = s->amount;
    assert(day >= 0);
    if (books_last(b, TIMELINE_REWARD_SUBMISSION, &s->hash) != NULL) {
        token_mark_inconsistent(b, s->distributor, "a second submission of one hash was not booked");
        return;
    }
    if (is_directed(s->kind) && sum_of(s->operators, s->n_operators, &amount) != OK) {
        token_mark_inconsistent(b, s->distributor, "a movement that 256 bits cannot hold was not booked");
        return;
    }
    struct account_key pending = reward_key_of_submission(BOOK_REWARD_PENDING, s->token, s->submitter, s->hash);
    struct account_key submitted = reward_key_submitted(s->token, s->distributor);
    if (!fits(b, s->distributor, &pending, &submitted, amount))
        return;
    struct reward_submission_row row = {.submission = s->hash,
                                        .kind = (int16_t)s->kind,
                                        .distributor = s->distributor,
                                        .submitter = s->submitter,
                                        .avs = s->avs,
                                        .operator_set = s->operator_set,
                                        .nonce = s->nonce,
                                        .token = s->token,
                                        .amount = amount,
                                        .start_time = s->start_time,
                                        .duration = s->duration,
                                        .day = day,
                                        .description = s->description.n > 0 ? s->description : no_text()};
    books_append(b, TIMELINE_REWARD_SUBMISSION, &row);
    append_lists(b, s);
    move(b, &pending, &submitted, amount);
}

struct hash reward_fee_id(struct address collector, struct address token, uint64_t epoch)
{
    AUTO_BUFFER content = {0};
    buffer_text(&content, "altledger fee epoch");
    buffer_bytes(&content, collector.b, sizeof collector.b);
    buffer_bytes(&content, token.b, sizeof token.b);
    buffer_be64(&content, epoch);
    return keccak((struct slice){content.p, content.n});
}

void reward_apply_fee(struct books *b, struct address collector, struct address token, struct amount value, int64_t day,
                      uint64_t epoch_days)
{
    assert(day >= 0 && epoch_days > 0);
    uint64_t epoch = (uint64_t)day / epoch_days;
    struct hash id = reward_fee_id(collector, token, epoch);
    struct account_key pending = reward_key_of_submission(BOOK_REWARD_PENDING, token, collector, id);
    struct account_key submitted = reward_key_submitted(token, collector);
    if (!fits(b, collector, &pending, &submitted, value))
        return;
    if (books_last(b, TIMELINE_REWARD_SUBMISSION, &id) == NULL) {
        struct reward_submission_row row = {.submission = id,
                                            .kind = REWARD_FEE,
                                            .distributor = collector,
                                            .submitter = collector,
                                            .operator_set = REWARD_NO_SET,
                                            .token = token,
                                            .start_time = (int64_t)(epoch * epoch_days) * DAY_SECONDS,
                                            .duration = (int64_t)epoch_days * DAY_SECONDS,
                                            .day = day,
                                            .description = no_text()};
        books_append(b, TIMELINE_REWARD_SUBMISSION, &row);
    }
    move(b, &pending, &submitted, value);
}

/* ---- what RewardsCoordinator says of itself ----------------------------------------------------------------------- */

static void check_bips(struct books *b, struct address distributor, struct amount bips)
{
    if (amount_compare(bips, amount_from_u64(BIPS_ALL)) > 0)
        token_mark_inconsistent(b, distributor, "a split above 10,000 bips counts as 10,000");
}

void reward_apply_split(struct books *b, struct address distributor, struct address operator, struct address avs,
                        int64_t operator_set, int64_t activated_at, int64_t old_bips, int64_t new_bips)
{
    struct reward_split_row row = {.operator= operator,
                                   .avs = avs,
                                   .operator_set = operator_set,
                                   .distributor = distributor,
                                   .activated_at = activated_at,
                                   .old_bips = old_bips,
                                   .new_bips = new_bips};
    row.first = books_last(b, TIMELINE_REWARD_SPLIT, &row) == NULL;
    books_append(b, TIMELINE_REWARD_SPLIT, &row);
    check_bips(b, distributor, amount_from_u64((uint64_t)new_bips));
}

void reward_apply_setting(struct books *b, struct address distributor, enum reward_setting setting,
                          struct amount number, struct address address)
{
    struct reward_setting_row row = {.setting = setting,
                                     .distributor = distributor,
                                     .number = number,
                                     .address = address};
    books_append(b, TIMELINE_REWARD_SETTING, &row);
    if (setting == REWARD_DEFAULT_SPLIT)
        check_bips(b, distributor, number);
}

void reward_apply_permission(struct books *b, struct address distributor, struct address account,
                             enum reward_permission permission, bool granted)
{
    struct reward_permission_row row = {.permission = permission,
                                        .distributor = distributor,
                                        .account = account,
                                        .granted = granted};
    books_append(b, TIMELINE_REWARD_PERMISSION, &row);
}

void reward_apply_claimer(struct books *b, struct address distributor, struct address earner, struct address claimer)
{
    struct reward_claimer_row row = {.earner = earner, .distributor = distributor, .claimer = claimer};
    books_append(b, TIMELINE_REWARD_CLAIMER, &row);
}

/* ---- roots and claims --------------------------------------------------------------------------------------------- */

void reward_apply_root(struct books *b, struct address distributor, int64_t root_index, struct hash root,
                       int64_t end_time, int64_t activated_at)
{
    struct reward_root_row row = {.root_index = root_index,
                                  .distributor = distributor,
                                  .root = root,
                                  .end_time = end_time,
                                  .activated_at = activated_at};
    books_append(b, TIMELINE_REWARD_ROOT, &row);
}

void reward_apply_root_disabled(struct books *b, struct address distributor, int64_t root_index)
{
    struct reward_root_row key = {.root_index = root_index, .distributor = distributor};
    const struct reward_root_row *known = books_last(b, TIMELINE_REWARD_ROOT, &key);
    if (known == NULL) {
        token_mark_inconsistent(b, distributor, "a root was disabled that was never submitted");
        return;
    }
    struct reward_root_row row = *known;
    row.disabled = true;
    books_append(b, TIMELINE_REWARD_ROOT, &row);
}

void reward_apply_claim(struct books *b, struct address distributor, struct hash root, struct address earner,
                        struct address claimer, struct address recipient, struct address token, struct amount amount)
{
    struct account_key claimed = reward_key_of_earner(BOOK_REWARD_CLAIMED, token, earner, distributor);
    struct account_key settled = reward_key_of_earner(BOOK_REWARD_SETTLED, token, earner, distributor);
    if (!fits(b, distributor, &claimed, &settled, amount))
        return;
    struct reward_claim_row row = {.earner = earner,
                                   .token = token,
                                   .distributor = distributor,
                                   .root = root,
                                   .claimer = claimer,
                                   .recipient = recipient,
                                   .amount = amount};
    books_append(b, TIMELINE_REWARD_CLAIM, &row);
    move(b, &claimed, &settled, amount);
}
