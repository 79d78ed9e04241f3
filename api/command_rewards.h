/* api/command_rewards.h - the four things that altledger rewards does; each is one function, chosen by the command's word. */
#ifndef API_COMMAND_REWARDS_H
#define API_COMMAND_REWARDS_H

#include "api/command.h"

enum status rewards_compute(const struct command *c); /* command_rewards_compute.c */
enum status rewards_root(const struct command *c);    /* command_rewards_tree.c */
enum status rewards_proof(const struct command *c);   /* command_rewards_tree.c */
enum status rewards_export(const struct command *c);  /* command_rewards_export.c */

#endif
