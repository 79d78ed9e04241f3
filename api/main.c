/* api/main.c - the program: reads the command line, runs one command, answers with its status. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/command.h"
#include "governance/handlers.h"
#include "ledger/core/log.h"
#include "ledger/mirror/abi.h"
#include "ledger/mirror/apply.h"

enum { STATUS_SIGNALLED = 130 };

static atomic_bool stop;

/* The first signal asks for an orderly stop, the second does not wait for it. */
static void on_signal(int number)
{
    (void)number;
    if (atomic_exchange(&stop, true))
        _exit(STATUS_SIGNALLED);
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN); /* a client or node that went away is an error of a call, not our end */
}

static void set_up_log(const struct config *config)
{
    static const char *const levels[] =
        {[LOG_ERROR] = "error", [LOG_WARN] = "warn", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"};
    enum log_level level = LOG_INFO;
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (strcmp(config_text(config, "log-level"), levels[i]) == 0)
            level = (enum log_level)i;
    log_setup(strcmp(config_text(config, "log"), "json") == 0, level);
}

static enum status run(const struct config *config)
{
    if (config->help) {
        AUTO_BUFFER out = {0};
        config_help(config, &out);
        return fwrite(out.p, 1, out.n, stdout) == out.n ? STATUS_OK : STATUS_FAILED;
    }
    if (config->version)
        return printf("%s %s\n", program.name, program.version) > 0 ? STATUS_OK : STATUS_FAILED;
    set_up_log(config);
    catch_signals();
    json_setup();
    abi_setup();
    apply_setup();
    apply_add_handlers(governance_handlers);
    const struct command command = {config, program.commands[config->command].name, &stop};
    enum status status = command_check(&command);
    return status == STATUS_OK ? command_functions[config->command](&command) : status;
}

int main(int argc, char **argv)
{
    struct config config;
    enum status status;
    if (config_parse(&program, argc, (const char *const *)argv, (const char *const *)environ, &config) != OK) {
        fprintf(stderr, "%s: %s\n", program.name, err_detail());
        status = STATUS_MISUSED;
    } else {
        status = run(&config);
    }
    config_done(&config);
    if (fflush(stdout) != 0 && status == STATUS_OK)
        status = STATUS_FAILED;
    return (int)status;
}
