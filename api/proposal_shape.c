/* api/proposal_shape.c - see proposal_shape.h. */
#include "api/proposal_shape.h"

#include "governance/title.h"

void proposal_write_text(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    struct slice text = rows_bytes(rows, row, column);
    jw_text_n(w, (const char *)text.p, text.n);
}

void proposal_write_title(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    char title[TITLE_ROOM];
    size_t n = title_of(rows_bytes(rows, row, column), title);
    jw_text_n(w, title, n);
}

const struct member proposal_votes_members[] = {{.name = "against", .type = T_AMOUNT, .about = "Units against."},
                                                {.name = "for", .type = T_AMOUNT, .about = "Units in favour."},
                                                {.name = "abstain", .type = T_AMOUNT, .about = "Units that abstain."},
                                                {0}};

void proposal_write_votes(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    nested_write_object(w, rows, row, column, proposal_votes_members);
}

const struct member proposal_outcome_members[] = {
    {.name = "quorum_reached", .type = T_BOOL, .about = "The power of all who voted reaches the quorum."},
    {.name = "tie", .type = T_BOOL, .about = "Several choices have the greatest score."},
    {.name = "winner",
     .type = T_U64,
     .nullable = true,
     .about =
         "Number of the choice with the greatest score (basic voting: of for and against); null: a tie, or nobody voted."},
    {.name = "succeeded",
     .type = T_BOOL,
     .about = "The quorum is reached and, of basic voting, the first choice has more than the second, else there is a "
              "winner."},
    {0}};

void proposal_write_outcome(struct json_writer *w, const struct rows *rows, size_t row, size_t column)
{
    nested_write_object(w, rows, row, column, proposal_outcome_members);
}
