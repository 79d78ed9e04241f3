/* ledger/core/config.h - the command line and the environment, read by one table of options.
 *
 * A program is data: its commands and its options (api/options.c). An option comes from the command line (--name value,
 * --name=value; a flag is --name alone), else from the environment (ALTLEDGER_<NAME>, dashes as underscores; lists split at
 * commas; an empty variable is none), else it has its default. --help, of the program and of each command, is printed
 * from the same table. */
#ifndef LEDGER_CORE_CONFIG_H
#define LEDGER_CORE_CONFIG_H

#include "ledger/core/arena.h"

enum option_type {
    OPTION_TEXT,
    OPTION_LIST,   /* may be given several times */
    OPTION_NUMBER, /* whole, from `least` to `most` */
    OPTION_CHOICE, /* one of `choices`, separated by '|' */
    OPTION_FLAG    /* --name; in the environment 1, true, yes or 0, false, no */
};

struct option_spec {
    const char *name; /* "batch-blocks" */
    enum option_type type;
    const char *fallback; /* as it would be given; NULL: none */
    const char *argument; /* what the help calls its value; NULL: from the type */
    const char *choices;
    uint64_t least, most;
    uint32_t commands; /* bit i: commands[i] takes it */
    uint32_t ignored;  /* bit i: commands[i] accepts it and has no use for it, so that one set of options serves all */
    const char *sentence;
};

struct command_spec {
    const char *name;
    const char *sentence;
    const char
        *arguments;     /* words that are no options, as the help shows them: "BUNDLE", "[FILE]"; NULL: it takes none */
    size_t least, most; /* how many: at most ARGUMENTS_MAX */
};

struct program_spec {
    const char *name, *version, *sentence;
    const struct command_spec *commands; /* at most 32 */
    size_t n_commands;
    const struct option_spec *options; /* at most OPTIONS_MAX */
    size_t n_options;
};

#define CONFIG_ENVIRONMENT "ALTLEDGER_"
enum { OPTIONS_MAX = 48, ARGUMENTS_MAX = 2 };

/* Whether a command takes an option; or accepts it, even if it has no use for it. */
bool option_taken(const struct option_spec *o, size_t command);
bool option_accepted(const struct option_spec *o, size_t command);

struct option_value {
    bool given; /* on the command line or in the environment */
    const char *text;
    const char *const *list;
    size_t n_list;
    uint64_t number;
    bool flag;
};

struct config {
    const struct program_spec *program;
    size_t command; /* index in program->commands; n_commands if help or the version is asked for without a command */
    bool help, version;
    const char *arguments[ARGUMENTS_MAX]; /* NULL: not given */
    size_t n_arguments;
    struct option_value values[OPTIONS_MAX];
    struct arena arena;
};

/* environment: NULL-terminated "NAME=value" texts. ERR_FIELD: misuse; the detail says what and, where it can, what was meant.
 * *out is to be released by config_done also then. */
MUST_CHECK enum err config_parse(const struct program_spec *program, int argc, const char *const argv[],
                                 const char *const environment[], struct config *out);
void config_done(struct config *c);

/* Values by name; a name that the table lacks is a bug. */
const char *config_text(const struct config *c, const char *name); /* NULL: neither given nor a default */
const char *const *config_list(const struct config *c, const char *name, size_t *n);
uint64_t config_number(const struct config *c, const char *name);
bool config_flag(const struct config *c, const char *name);
bool config_given(const struct config *c, const char *name);

/* Append the help of the program (c->command == n_commands) or of the command. */
void config_help(const struct config *c, struct buffer *out);

#endif
