/* ledger/core/config_help.c - --help of a program and of its commands, from their table; see config.h. */
#include <string.h>

#include "ledger/core/config.h"

enum { HELP_COLUMN = 28 };

static const char *argument_of(const struct option_spec *o)
{
    if (o->argument != NULL)
        return o->argument;
    switch (o->type) {
    case OPTION_TEXT:
    case OPTION_LIST:
        return "TEXT";
    case OPTION_NUMBER:
        return "N";
    case OPTION_CHOICE:
        return o->choices;
    case OPTION_FLAG:
        return "";
    }
    return "";
}

static void help_line(struct buffer *out, const char *left, const char *sentence)
{
    int pad = HELP_COLUMN - (int)strlen(left);
    if (pad > 0)
        buffer_printf(out, "  %s%*s%s", left, pad, "", sentence);
    else
        buffer_printf(out, "  %s\n  %*s%s", left, HELP_COLUMN, "", sentence);
}

static void help_option(struct buffer *out, const struct option_spec *o)
{
    AUTO_ARENA arena = {0};
    const char *argument = argument_of(o);
    help_line(out, arena_printf(&arena, "--%s%s%s", o->name, *argument != '\0' ? " " : "", argument), o->sentence);
    if (o->type == OPTION_LIST)
        buffer_text(out, " (may be repeated)");
    if (o->fallback != NULL && o->type != OPTION_FLAG)
        buffer_printf(out, " [%s]", o->fallback);
    buffer_text(out, "\n");
}

void config_help(const struct config *c, struct buffer *out)
{
    const struct program_spec *p = c->program;
    if (c->command == p->n_commands) {
        buffer_printf(out, "%s %s - %s\n\nusage: %s COMMAND [options]\n\n", p->name, p->version, p->sentence, p->name);
        for (size_t i = 0; i < p->n_commands; i++) {
            help_line(out, p->commands[i].name, p->commands[i].sentence);
            buffer_text(out, "\n");
        }
        buffer_printf(out, "\n%s COMMAND --help lists a command's options.\n", p->name);
        return;
    }
    const struct command_spec *k = &p->commands[c->command];
    buffer_printf(out, "%s %s - %s\n\n", p->name, k->name, k->sentence);
    if (k->arguments != NULL)
        buffer_printf(out, "usage: %s %s %s [options]\n\n", p->name, k->name, k->arguments);
    for (size_t i = 0; i < p->n_options; i++)
        if (option_taken(&p->options[i], c->command))
            help_option(out, &p->options[i]);
    size_t n_ignored = 0;
    for (size_t i = 0; i < p->n_options; i++) {
        if (option_taken(&p->options[i], c->command) || !option_accepted(&p->options[i], c->command))
            continue;
        if (n_ignored++ == 0)
            buffer_printf(out, "\nAccepted like everywhere, of no effect for %s:\n", k->name);
        help_option(out, &p->options[i]);
    }
    buffer_text(out, "\nEvery option is also an environment variable: --batch-blocks is " CONFIG_ENVIRONMENT
                     "BATCH_BLOCKS; the command line wins.\n"
                     "Exit status: 0 done, 1 failed, 2 misused.\n");
}
