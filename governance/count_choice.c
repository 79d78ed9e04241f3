/* governance/count_choice.c - a ballot's choice, from the form in which each type of voting writes it; see count.h. */
#include "governance/count.h"

#define WEIGHT_MAX (INT64_C(1) << WEIGHT_BITS)

/* A number of a choice. */
static enum err parse_pick(size_t n_choices, const json_t *j, uint16_t *out)
{
    if (!json_is_integer(j))
        return err_with(ERR_RULE, "a choice is a whole number from 1 to %zu", n_choices);
    json_int_t pick = json_integer_value(j);
    if (pick < 1 || pick > (json_int_t)n_choices)
        return err_with(ERR_RULE, "%" JSON_INTEGER_FORMAT " is not one of the choices 1 to %zu", pick, n_choices);
    *out = (uint16_t)pick;
    return OK;
}

static enum err parse_single(size_t n_choices, const json_t *j, struct arena *arena, struct choice *out)
{
    uint16_t *pick = ARENA_NEW(arena, uint16_t);
    TRY(parse_pick(n_choices, j, pick));
    *out = (struct choice){1, pick, NULL};
    return OK;
}

static enum err parse_list(size_t n_choices, const json_t *j, bool all, struct arena *arena, struct choice *out)
{
    if (!json_is_array(j))
        return err_with(ERR_RULE, "the choice is a list of choices");
    size_t n = json_array_size(j);
    if (n > n_choices)
        return err_with(ERR_RULE, "%zu choices are listed where there are %zu", n, n_choices);
    uint16_t *picks = ARENA_ARRAY(arena, uint16_t, n);
    bool *seen = ARENA_ARRAY(arena, bool, n_choices + 1);
    for (size_t i = 0; i < n; i++) {
        TRY(parse_pick(n_choices, json_array_get(j, i), &picks[i]));
        if (seen[picks[i]])
            return err_with(ERR_RULE, "choice %d is listed more than once", picks[i]);
        seen[picks[i]] = true;
    }
    for (size_t i = 1; all && i <= n_choices; i++) {
        if (!seen[i])
            return err_with(ERR_RULE, "choice %zu is missing: all of them are ranked", i);
    }
    *out = (struct choice){n, picks, NULL};
    return OK;
}

/* The number that a key says; 0: none of 1 to n_choices. */
static size_t parse_key(size_t n_choices, const char *key)
{
    size_t number = 0;
    for (const char *p = key; *p != '\0'; p++) {
        if (*p < '0' || *p > '9' || (p == key && *p == '0') || number > n_choices)
            return 0;
        number = number * 10 + (size_t)(*p - '0');
    }
    return number > n_choices ? 0 : number;
}

static enum err parse_weight(const char *key, const json_t *j, uint64_t *out)
{
    if (!json_is_integer(j))
        return err_with(ERR_RULE, "the weight of choice %s is not a whole number", key);
    json_int_t weight = json_integer_value(j);
    if (weight < 0 || weight > WEIGHT_MAX)
        return err_with(ERR_RULE, "the weight of choice %s is less than 0 or more than 2^%d", key, WEIGHT_BITS);
    *out = (uint64_t)weight;
    return OK;
}

/* The canonical order is that of the numbers, so that equal choices are equal whatever order their keys came in. */
static enum err parse_weights(size_t n_choices, const json_t *j, struct arena *arena, struct choice *out)
{
    if (!json_is_object(j))
        return err_with(ERR_RULE, "the choice is an object of weights by choice");
    uint64_t *by_choice = ARENA_ARRAY(arena, uint64_t, n_choices + 1);
    bool *given = ARENA_ARRAY(arena, bool, n_choices + 1);
    const char *key;
    json_t *weight;
    json_object_foreach((json_t *)j, key, weight)
    {
        size_t number = parse_key(n_choices, key);
        if (number == 0)
            return err_with(ERR_RULE, "a key is not one of the choices 1 to %zu", n_choices);
        TRY(parse_weight(key, weight, &by_choice[number]));
        given[number] = true;
    }
    uint16_t *picks = ARENA_ARRAY(arena, uint16_t, n_choices);
    uint64_t *weights = ARENA_ARRAY(arena, uint64_t, n_choices), sum = 0;
    size_t n = 0;
    for (size_t i = 1; i <= n_choices; i++) {
        if (!given[i])
            continue;
        picks[n] = (uint16_t)i;
        weights[n++] = by_choice[i];
        sum += by_choice[i];
    }
    if (sum == 0)
        return err_with(ERR_RULE, "no choice has a weight");
    *out = (struct choice){n, picks, weights};
    return OK;
}

enum err choice_parse(enum voting type, size_t n_choices, const json_t *choice, struct arena *arena, struct choice *out)
{
    switch (type) {
    case VOTING_BASIC:
    case VOTING_SINGLE_CHOICE:
        return parse_single(n_choices, choice, arena, out);
    case VOTING_APPROVAL:
        return parse_list(n_choices, choice, false, arena, out);
    case VOTING_WEIGHTED:
    case VOTING_QUADRATIC:
        return parse_weights(n_choices, choice, arena, out);
    case VOTING_RANKED_CHOICE:
    case VOTING_COPELAND:
        return parse_list(n_choices, choice, true, arena, out);
    case VOTING_COUNT:
        break;
    }
    return err_with(ERR_RULE, "no such type of voting");
}
