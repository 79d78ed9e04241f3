/* api/command_rewards.c - altledger rewards compute|root|proof|export: which of the four. */
#include <string.h>

#include "api/command_rewards.h"

enum status command_rewards(const struct command *c)
{
    static const struct {
        const char *word;
        enum status (*run)(const struct command *c);
    } words[] = {{"compute", rewards_compute},
                 {"root", rewards_root},
                 {"proof", rewards_proof},
                 {"export", rewards_export}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(c->config->arguments[0], words[i].word) == 0)
            return words[i].run(c);
    }
    return command_misused(c, "it is one of compute, root, proof, export");
}
