/* api/command_rewards.c - altledger rewards compute|root|proof|export: which of the four, and which options each takes. */
#include <string.h>

#include "api/command_rewards.h"

enum { COMPUTE, ROOT, PROOF, EXPORT, N_WORDS };
#define BIT(word) (1u << (word))

static const struct {
    const char *name;
    enum status (*run)(const struct command *c);
} words[N_WORDS] = {[COMPUTE] = {"compute", rewards_compute},
                    [ROOT] = {"root", rewards_root},
                    [PROOF] = {"proof", rewards_proof},
                    [EXPORT] = {"export", rewards_export}};

/* Options that not every word takes. --threads is none of them: it says how fast, never what. */
static const struct {
    const char *name;
    bool is_flag;
    unsigned words;
} options[] = {{"all", true, BIT(COMPUTE)},
               {"day", false, BIT(COMPUTE)},
               {"provisional", true, BIT(COMPUTE)},
               {"json", true, BIT(COMPUTE) | BIT(ROOT) | BIT(PROOF)}, /* a proof is JSON anyway */
               {"leaves", false, BIT(ROOT) | BIT(PROOF)},
               {"earner", false, BIT(PROOF)},
               {"token", false, BIT(PROOF)},
               {"recipient", false, BIT(PROOF)},
               {"root-index", false, BIT(PROOF)},
               {"from", false, BIT(EXPORT)},
               {"to", false, BIT(EXPORT)},
               {"format", false, BIT(EXPORT)},
               {"cumulative", true, BIT(EXPORT)}};

/* Options that say the same thing in two ways. */
static const struct {
    const char *one, *other;
} rivals[] = {{"leaves", "distribution"}, {"day", "distribution"}, {"day", "all"}, {"distribution", "all"}};

/* A flag that the environment says no to is not given. */
static bool is_given(const struct config *config, const char *name, bool is_flag)
{
    return is_flag ? config_flag(config, name) : config_given(config, name);
}

/* "compute, root and proof" */
static void write_words(unsigned of, struct buffer *out)
{
    unsigned left = of;
    for (unsigned i = 0; i < N_WORDS; i++) {
        if ((of & BIT(i)) == 0)
            continue;
        left &= ~BIT(i);
        buffer_printf(out, "%s%s", words[i].name, left == 0 ? "" : (left & (left - 1)) == 0 ? " and " : ", ");
    }
}

static enum err check_options(const struct config *config, unsigned word)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if ((options[i].words & BIT(word)) != 0 || !is_given(config, options[i].name, options[i].is_flag))
            continue;
        AUTO_BUFFER takers = {0};
        write_words(options[i].words, &takers);
        return err_with(ERR_FIELD, "--%s goes with %.*s only, not with %s", options[i].name, (int)takers.n,
                        (const char *)takers.p, words[word].name);
    }
    for (size_t i = 0; i < sizeof rivals / sizeof *rivals; i++) {
        bool is_flag = strcmp(rivals[i].other, "all") == 0;
        if (config_given(config, rivals[i].one) && is_given(config, rivals[i].other, is_flag))
            return err_with(ERR_FIELD, "--%s does not go with --%s", rivals[i].one, rivals[i].other);
    }
    if (config_flag(config, "provisional") && !config_given(config, "day") && !config_given(config, "distribution"))
        return err_with(ERR_FIELD, "--provisional goes with --day or --distribution only");
    return OK;
}

enum status command_rewards(const struct command *c)
{
    for (unsigned i = 0; i < N_WORDS; i++) {
        if (strcmp(c->config->arguments[0], words[i].name) == 0)
            return check_options(c->config, i) == OK ? words[i].run(c) : command_misused(c, err_detail());
    }
    return command_misused(c, "it is one of compute, root, proof, export");
}
