/* api/alt_figures.c - see alt_figures.h. */
#include "api/alt_figures.h"

#include <assert.h>
#include <string.h>

bool packed_null(const json_t *array, size_t i)
{
    const json_t *v = json_array_get(array, i);
    assert(v != NULL);
    return json_is_null(v);
}

struct amount packed_amount(const json_t *array, size_t i)
{
    const json_t *v = json_array_get(array, i);
    struct amount a;
    enum err e = amount_parse(json_string_value(v), json_string_length(v), &a);
    assert(e == OK);
    return a;
}

int64_t packed_number(const json_t *array, size_t i)
{
    const json_t *v = json_array_get(array, i);
    assert(json_is_integer(v));
    return json_integer_value(v);
}

bool packed_bool(const json_t *array, size_t i)
{
    const json_t *v = json_array_get(array, i);
    assert(json_is_boolean(v));
    return json_is_true(v);
}

struct address packed_address(const json_t *array, size_t i)
{
    const json_t *v = json_array_get(array, i);
    struct address a;
    enum err e = address_parse(json_string_value(v), json_string_length(v), &a);
    assert(e == OK);
    return a;
}

struct hash packed_hash(const json_t *array, size_t i)
{
    const json_t *v = json_array_get(array, i);
    struct hash h;
    enum err e = hash_parse(json_string_value(v), json_string_length(v), &h);
    assert(e == OK);
    return h;
}

enum { FIGURES_CONTRACT, FIGURES_COOLDOWN, FIGURES_ACCRUAL_BLOCK, FIGURES_ACCRUED_AT, FIGURES_TOTAL, FIGURES_LIST };
enum {
    TERMS_ID,
    TERMS_INDEX,
    TERMS_TOKEN,
    TERMS_VAULT,
    TERMS_EMISSION,
    TERMS_START,
    TERMS_END,
    TERMS_UPDATED,
    TERMS_READ
};

static void read_terms(const json_t *p, struct alt_terms *d)
{
    d->id = (int32_t)packed_number(p, TERMS_ID);
    d->index.stored = packed_amount(p, TERMS_INDEX);
    d->has_token = !packed_null(p, TERMS_TOKEN);
    d->has_vault = !packed_null(p, TERMS_VAULT);
    d->is_read = !packed_null(p, TERMS_READ);
    if (d->has_token)
        d->token = packed_address(p, TERMS_TOKEN);
    if (d->has_vault)
        d->vault = packed_address(p, TERMS_VAULT);
    if (!d->is_read)
        return;
    d->read_block = (uint64_t)packed_number(p, TERMS_READ);
    d->index.emission_per_second = packed_amount(p, TERMS_EMISSION);
    d->index.starts_at = packed_number(p, TERMS_START);
    d->index.ends_at = packed_number(p, TERMS_END);
    d->index.updated_at = packed_number(p, TERMS_UPDATED);
}

void alt_figures_read(const json_t *packed, struct arena *arena, struct alt_figures *out)
{
    const json_t *list = json_array_get(packed, FIGURES_LIST);
    *out = (struct alt_figures){.contract = packed_address(packed, FIGURES_CONTRACT),
                                .has_cooldown_seconds = !packed_null(packed, FIGURES_COOLDOWN),
                                .has_accrual = !packed_null(packed, FIGURES_ACCRUAL_BLOCK),
                                .has_total = !packed_null(packed, FIGURES_TOTAL),
                                .n = json_array_size(list)};
    if (out->has_cooldown_seconds)
        out->cooldown_seconds = packed_number(packed, FIGURES_COOLDOWN);
    if (out->has_accrual)
        out->accrual_block = (uint64_t)packed_number(packed, FIGURES_ACCRUAL_BLOCK);
    if (out->has_total)
        out->total_voting_stake = packed_amount(packed, FIGURES_TOTAL);
    out->distributions = ARENA_ARRAY(arena, struct alt_terms, out->n);
    for (size_t i = 0; i < out->n; i++) {
        struct alt_terms *d = &out->distributions[i];
        *d = (struct alt_terms){0};
        read_terms(json_array_get(list, i), d);
        d->index.has_accrual = out->has_accrual;
        if (out->has_accrual)
            d->index.accrued_at = packed_number(packed, FIGURES_ACCRUED_AT);
        d->index.has_total = out->has_total;
        d->index.total_voting_stake = out->total_voting_stake;
        /* Read in an earlier block than that of the last update, they miss that update. */
        d->index.has_terms = d->is_read && out->has_accrual && d->read_block == out->accrual_block;
    }
}

bool alt_index_now(const struct alt_terms *d, int64_t now, struct amount *out, bool *from_terms)
{
    struct alt_index without = d->index;
    without.has_terms = false;
    *from_terms = !alt_index_at(&without, now, out);
    return !*from_terms || alt_index_at(&d->index, now, out);
}
