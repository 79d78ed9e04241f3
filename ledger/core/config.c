/* ledger/core/config.c - see config.h. */
#include "ledger/core/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/core/codec.h"

enum { NAME_MAX_BYTES = 64, TYPO_MAX = 2 };

/* ---- what was meant ---- */

static size_t least_of(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

/* Levenshtein's distance; SIZE_MAX for long texts. */
static size_t distance(const char *a, size_t n, const char *b)
{
    size_t row[NAME_MAX_BYTES + 1], m = strlen(b);
    if (n > NAME_MAX_BYTES || m > NAME_MAX_BYTES)
        return SIZE_MAX;
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t above = row[j];
            row[j] = least_of(row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[m];
}

static void nearest(const char *typed, size_t n, const char *name, size_t *best, const char **found)
{
    size_t d = distance(typed, n, name);
    if (d < *best) {
        *best = d;
        *found = name;
    }
}

static enum err unknown_command(const struct program_spec *p, const char *typed)
{
    size_t best = TYPO_MAX + 1;
    const char *found = NULL;
    for (size_t i = 0; i < p->n_commands; i++)
        nearest(typed, strlen(typed), p->commands[i].name, &best, &found);
    if (found != NULL)
        return err_with(ERR_FIELD, "unknown command %s: did you mean %s?", typed, found);
    return err_with(ERR_FIELD, "unknown command %s: see %s --help", typed, p->name);
}

bool option_taken(const struct option_spec *o, size_t command)
{
    return (o->commands >> command & 1) != 0;
}

bool option_accepted(const struct option_spec *o, size_t command)
{
    return ((o->commands | o->ignored) >> command & 1) != 0;
}

static enum err unknown_option(const struct config *c, const char *typed, size_t n)
{
    const struct program_spec *p = c->program;
    size_t best = TYPO_MAX + 1;
    const char *found = NULL;
    for (size_t i = 0; i < p->n_options; i++)
        if (option_accepted(&p->options[i], c->command))
            nearest(typed, n, p->options[i].name, &best, &found);
    const char *command = p->commands[c->command].name;
    if (found != NULL)
        return err_with(ERR_FIELD, "%s: unknown option --%.*s: did you mean --%s?", command, (int)n, typed, found);
    return err_with(ERR_FIELD, "%s: unknown option --%.*s: see %s %s --help", command, (int)n, typed, p->name, command);
}

/* ---- values ---- */

static enum err set_number(const struct option_spec *o, struct option_value *v, const char *text)
{
    char *end;
    errno = 0;
    uint64_t number = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end != '\0' || errno != 0 || number < o->least || number > o->most)
        return err_with(ERR_FIELD, "--%s: %s is not a number from %llu to %llu", o->name, text,
                        (unsigned long long)o->least, (unsigned long long)o->most);
    v->number = number;
    return OK;
}

static enum err set_choice(const struct option_spec *o, const char *text)
{
    size_t n = strlen(text);
    for (const char *at = o->choices; n > 0 && at != NULL; at = strchr(at, '|')) {
        at += *at == '|';
        if (strncmp(at, text, n) == 0 && (at[n] == '|' || at[n] == '\0'))
            return OK;
    }
    return err_with(ERR_FIELD, "--%s: %s is none of %s", o->name, text, o->choices);
}

static enum err set_flag(const struct option_spec *o, struct option_value *v, const char *text)
{
    static const char *const yes[] = {"1", "true", "yes"}, *const no[] = {"0", "false", "no"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
            v->flag = strcmp(text, yes[i]) == 0;
            return OK;
        }
    }
    return err_with(ERR_FIELD, "--%s: %s is neither true nor false", o->name, text);
}

static void add_to_list(struct arena *arena, struct option_value *v, const char *text)
{
    const char **list = ARENA_ARRAY(arena, const char *, v->n_list + 1);
    for (size_t i = 0; i < v->n_list; i++)
        list[i] = v->list[i];
    list[v->n_list++] = text;
    v->list = list;
}

/* text lives as long as the config. */
static enum err set_value(struct config *c, size_t option, const char *text)
{
    const struct option_spec *o = &c->program->options[option];
    struct option_value *v = &c->values[option];
    if (*text == '\0')
        return err_with(ERR_FIELD, "--%s: its value is empty", o->name);
    v->text = text;
    switch (o->type) {
    case OPTION_TEXT:
        return OK;
    case OPTION_LIST:
        add_to_list(&c->arena, v, text);
        return OK;
    case OPTION_NUMBER:
        return set_number(o, v, text);
    case OPTION_CHOICE:
        return set_choice(o, text);
    case OPTION_FLAG:
        return set_flag(o, v, text);
    }
    return OK;
}

static enum err set_split(struct config *c, size_t option, const char *text)
{
    while (*text != '\0') {
        size_t n = strcspn(text, ",");
        if (n > 0)
            TRY(set_value(c, option, arena_text(&c->arena, text, n)));
        text += n + (text[n] == ',');
    }
    return OK;
}

/* ---- where they come from ---- */

/* The value in "ALTLEDGER_POLL_MS=50" if the option is poll-ms, else NULL. */
static const char *variable_value(const char *entry, const char *option)
{
    if (strncmp(entry, CONFIG_ENVIRONMENT, sizeof CONFIG_ENVIRONMENT - 1) != 0)
        return NULL;
    const char *at = entry + sizeof CONFIG_ENVIRONMENT - 1;
    for (; *option != '\0'; option++, at++)
        if (*at != (*option == '-' ? '_' : toupper((unsigned char)*option)))
            return NULL;
    return *at == '=' ? at + 1 : NULL;
}

static const char *find_variable(const char *const environment[], const char *option)
{
    for (size_t i = 0; environment[i] != NULL; i++) {
        const char *value = variable_value(environment[i], option);
        if (value != NULL && *value != '\0')
            return value;
    }
    return NULL;
}

static enum err read_environment(struct config *c, const char *const environment[])
{
    const struct program_spec *p = c->program;
    for (size_t i = 0; i < p->n_options; i++) {
        const char *text = option_taken(&p->options[i], c->command) ? find_variable(environment, p->options[i].name)
                                                                    : NULL;
        if (c->values[i].given || text == NULL)
            continue;
        enum err e = p->options[i].type == OPTION_LIST ? set_split(c, i, text) : set_value(c, i, text);
        if (e != OK) {
            const char *detail = arena_printf(&c->arena, "%s", err_detail());
            return err_with(e, "environment: %s", detail);
        }
        c->values[i].given = true;
    }
    return OK;
}

static enum err set_fallbacks(struct config *c)
{
    const struct program_spec *p = c->program;
    for (size_t i = 0; i < p->n_options; i++)
        if (!c->values[i].given && p->options[i].fallback != NULL)
            TRY(set_value(c, i, p->options[i].fallback));
    return OK;
}

static enum err read_option(struct config *c, int argc, const char *const argv[], int *at)
{
    const struct program_spec *p = c->program;
    const char *name = argv[*at] + 2;
    size_t n = strcspn(name, "="), i = 0;
    while (i < p->n_options && !(option_accepted(&p->options[i], c->command) && strlen(p->options[i].name) == n &&
                                 strncmp(p->options[i].name, name, n) == 0))
        i++;
    if (i == p->n_options)
        return unknown_option(c, name, n);
    const char *text = NULL;
    if (name[n] == '=' && p->options[i].type == OPTION_FLAG)
        return err_with(ERR_FIELD, "--%s takes no value", p->options[i].name);
    if (name[n] == '=')
        text = name + n + 1;
    else if (p->options[i].type == OPTION_FLAG)
        text = "true";
    else if (*at + 1 < argc)
        text = argv[++*at];
    if (text == NULL)
        return err_with(ERR_FIELD, "--%s: its value is missing", p->options[i].name);
    TRY(set_value(c, i, text));
    c->values[i].given = true;
    return OK;
}

static bool is_help(const char *text)
{
    return strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0 || strcmp(text, "help") == 0;
}

/* "--help=x": neither an option nor a command. */
static enum err check_bare(const char *text)
{
    static const char *const bare[] = {"--help", "--version"};
    for (size_t i = 0; i < sizeof bare / sizeof *bare; i++)
        if (strncmp(text, bare[i], strlen(bare[i])) == 0 && text[strlen(bare[i])] == '=')
            return err_with(ERR_FIELD, "%s takes no value", bare[i]);
    return OK;
}

static enum err read_command(struct config *c, const char *typed)
{
    const struct program_spec *p = c->program;
    TRY(check_bare(typed));
    if (is_help(typed)) {
        c->help = true;
        return OK;
    }
    if (strcmp(typed, "--version") == 0 || strcmp(typed, "version") == 0) {
        c->version = true;
        return OK;
    }
    for (size_t i = 0; i < p->n_commands; i++) {
        if (strcmp(p->commands[i].name, typed) == 0) {
            c->command = i;
            return OK;
        }
    }
    return unknown_command(p, typed);
}

/* A word that is no option. */
static enum err read_argument(struct config *c, const char *text)
{
    const struct command_spec *k = &c->program->commands[c->command];
    if (k->arguments == NULL)
        return err_with(ERR_FIELD, "%s: what is %s? Options begin with --", k->name, text);
    if (c->n_arguments == k->most)
        return err_with(ERR_FIELD, "%s: %s is too much: it takes %s", k->name, text, k->arguments);
    c->arguments[c->n_arguments++] = text;
    return OK;
}

static enum err check_arguments(const struct config *c)
{
    const struct command_spec *k = &c->program->commands[c->command];
    if (c->n_arguments < k->least && !c->help)
        return err_with(ERR_FIELD, "%s: it takes %s: see %s %s --help", k->name, k->arguments, c->program->name,
                        k->name);
    return OK;
}

enum err config_parse(const struct program_spec *program, int argc, const char *const argv[],
                      const char *const environment[], struct config *out)
{
    if (program->n_options > OPTIONS_MAX || program->n_commands > 32)
        bug("the table of options is too long");
    *out = (struct config){.program = program, .command = program->n_commands};
    if (argc < 2)
        return err_with(ERR_FIELD, "no command: see %s --help", program->name);
    TRY(read_command(out, argv[1]));
    for (int i = 2; i < argc && out->command < program->n_commands; i++) {
        TRY(check_bare(argv[i]));
        if (is_help(argv[i]))
            out->help = true;
        else if (strncmp(argv[i], "--", 2) == 0 && argv[i][2] != '\0')
            TRY(read_option(out, argc, argv, &i));
        else
            TRY(read_argument(out, argv[i]));
    }
    if (out->command == program->n_commands)
        return OK;
    TRY(check_arguments(out));
    TRY(read_environment(out, environment));
    return set_fallbacks(out);
}

void config_done(struct config *c)
{
    arena_done(&c->arena);
}

static const struct option_value *find_value(const struct config *c, const char *name, enum option_type type)
{
    for (size_t i = 0; i < c->program->n_options; i++)
        if (strcmp(c->program->options[i].name, name) == 0 &&
            (c->program->options[i].type == type || type == OPTION_TEXT))
            return &c->values[i];
    bug("no option --%s of that type", name);
}

const char *config_text(const struct config *c, const char *name)
{
    return find_value(c, name, OPTION_TEXT)->text;
}

const char *const *config_list(const struct config *c, const char *name, size_t *n)
{
    const struct option_value *v = find_value(c, name, OPTION_LIST);
    *n = v->n_list;
    return v->list;
}

uint64_t config_number(const struct config *c, const char *name)
{
    return find_value(c, name, OPTION_NUMBER)->number;
}

bool config_flag(const struct config *c, const char *name)
{
    return find_value(c, name, OPTION_FLAG)->flag;
}

bool config_given(const struct config *c, const char *name)
{
    return find_value(c, name, OPTION_TEXT)->given;
}
