/* tests/ledger/mirror/drive_asker.c - ask RPC endpoints what the command line says and print the answers as lines of JSON.
 *
 * drive_asker TIMEOUT_MS URL.. -- (header NUMBER | call BLOCK_HASH ADDRESS DATA).. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/core/json.h"
#include "ledger/mirror/source.h"

static enum err ask_header(struct asker *a, const char *number, struct json_writer *w)
{
    struct block b;
    TRY(asker_header(a, strtoull(number, NULL, 10), &b));
    jw_object(w);
    jw_key(w, "number");
    jw_u64(w, b.number);
    jw_key(w, "hash");
    jw_hash(w, b.hash);
    jw_object_end(w);
    return OK;
}

static enum err ask_call(struct asker *a, char **args, struct json_writer *w)
{
    AUTO_ARENA arena = {0};
    struct hash block;
    struct address to;
    uint8_t data[256];
    size_t n;
    struct slice answer;
    TRY(hash_parse(args[0], strlen(args[0]), &block));
    TRY(address_parse(args[1], strlen(args[1]), &to));
    TRY(hex_parse(args[2], strlen(args[2]), data, sizeof data, &n));
    TRY(asker_call(a, block, to, (struct slice){data, n}, &arena, &answer));
    jw_hex(w, answer);
    return OK;
}

static void print(enum err e, struct json_writer *w, struct buffer *b)
{
    if (e != OK)
        jw_text(w, err_slug(e));
    buffer_text(b, "\n");
    fwrite(b->p, 1, b->n, stdout);
    buffer_reset(b);
}

int main(int argc, char **argv)
{
    AUTO_BUFFER b = {0};
    struct asker *a;
    int i = 2;
    json_setup();
    while (i < argc && strcmp(argv[i], "--") != 0)
        i++;
    if (i >= argc || asker_open((const char *const *)argv + 2, (size_t)(i - 2), (unsigned)atoi(argv[1]), &a) != OK)
        return 2;
    for (i++; i < argc;) {
        struct json_writer w;
        jw_start(&w, &b);
        if (strcmp(argv[i], "header") == 0 && i + 1 < argc) {
            print(ask_header(a, argv[i + 1], &w), &w, &b);
            i += 2;
        } else if (strcmp(argv[i], "call") == 0 && i + 3 < argc) {
            print(ask_call(a, argv + i + 1, &w), &w, &b);
            i += 4;
        } else {
            break;
        }
    }
    asker_close(a);
    return 0;
}
