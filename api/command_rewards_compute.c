/* api/command_rewards_compute.c - altledger rewards compute. */
#include "api/command_rewards.h"

enum status rewards_compute(const struct command *c)
{
    return command_misused(c, "compute is not there yet");
}
