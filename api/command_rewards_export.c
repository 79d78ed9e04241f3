/* api/command_rewards_export.c - altledger rewards export. */
#include "api/command_rewards.h"

enum status rewards_export(const struct command *c)
{
    return command_misused(c, "export is not there yet");
}
