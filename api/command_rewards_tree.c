/* api/command_rewards_tree.c - altledger rewards root|proof: of a distribution in the books, or of a file of leaves. */
#include "api/command_rewards.h"

enum status rewards_root(const struct command *c)
{
    return command_misused(c, "root is not there yet");
}

enum status rewards_proof(const struct command *c)
{
    return command_misused(c, "proof is not there yet");
}
