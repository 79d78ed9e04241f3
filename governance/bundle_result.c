/* governance/bundle_result.c - what counting gives, as the last line of a bundle and the output of `altledger tally`; see bundle.h. */
#include "governance/bundle.h"

#include "governance/policy.h"

static void write_outcome(struct json_writer *j, const struct bundle_result *r)
{
    struct outcome o = count_outcome(r->type, r->n_choices, r->scores, r->power, r->quorum);
    jw_key(j, "outcome"), jw_object(j);
    jw_key(j, "quorum_reached"), jw_bool(j, o.quorum_reached);
    jw_key(j, "succeeded"), jw_bool(j, o.succeeded);
    jw_key(j, "tie"), jw_bool(j, o.tie);
    jw_key(j, "winner");
    if (o.winner > 0)
        jw_u64(j, o.winner);
    else
        jw_null(j);
    jw_object_end(j);
}

void bundle_result_write(const struct bundle_result *r, struct buffer *out)
{
    char policy[POLICY_TEXT];
    struct json_writer j;
    policy_format(r->policy, policy);
    jw_start(&j, out);
    jw_object(&j);
    jw_key(&j, "result"), jw_object(&j);
    jw_key(&j, "ballots"), jw_u64(&j, r->ballots);
    jw_key(&j, "canceled"), jw_bool(&j, r->canceled);
    jw_key(&j, "census_root");
    if (r->voters > 0)
        jw_hash(&j, r->census_root);
    else
        jw_null(&j);
    jw_key(&j, "log_size"), jw_u64(&j, r->size);
    write_outcome(&j, r);
    jw_key(&j, "policy"), jw_text(&j, policy);
    jw_key(&j, "power"), jw_amount(&j, r->power);
    jw_key(&j, "proposal"), jw_hash(&j, r->proposal);
    jw_key(&j, "quorum"), jw_amount(&j, r->quorum);
    jw_key(&j, "rules"), jw_u64(&j, r->rules);
    jw_key(&j, "scores"), jw_array(&j);
    for (size_t i = 0; i < r->n_choices; i++)
        jw_amount(&j, r->scores[i]);
    jw_array_end(&j);
    jw_key(&j, "snapshot"), jw_object(&j);
    jw_key(&j, "hash"), jw_hash(&j, r->block);
    jw_key(&j, "number"), jw_u64(&j, r->number);
    jw_object_end(&j);
    jw_key(&j, "type"), jw_text(&j, voting_name(r->type));
    jw_key(&j, "version"), jw_u64(&j, r->version);
    jw_key(&j, "voters"), jw_u64(&j, r->voters);
    jw_object_end(&j);
    jw_object_end(&j);
}
