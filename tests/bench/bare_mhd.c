/* tests/bench/bare_mhd.c - libmicrohttpd with nothing behind it: one constant body, the limit that our cached answers are held to.
 *
 * bare_mhd BYTES: listens on a free port of 127.0.0.1, prints it, serves until stdin ends. */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EVENT_THREADS = 2 }; /* as api/server.c */

static enum MHD_Result answer(void *arg, struct MHD_Connection *c, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_n, void **context)
{
    (void)url, (void)method, (void)version, (void)upload, (void)upload_n;
    if (*context == NULL) {
        *context = arg;
        return MHD_YES;
    }
    return MHD_queue_response(c, MHD_HTTP_OK, arg);
}

int main(int argc, char **argv)
{
    size_t n = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
    char *body = malloc(n + 1);
    if (n == 0 || body == NULL)
        return 2;
    memset(body, 'x', n);
    struct MHD_Response *response = MHD_create_response_from_buffer(n, body, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Content-Type", "application/json");
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, answer, response,
                                                 MHD_OPTION_SOCK_ADDR, &at, MHD_OPTION_THREAD_POOL_SIZE,
                                                 (unsigned)EVENT_THREADS, MHD_OPTION_END);
    if (daemon == NULL)
        return 1;
    printf("%u\n", (unsigned)MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
    MHD_stop_daemon(daemon);
    MHD_destroy_response(response);
    free(body);
    return 0;
}
