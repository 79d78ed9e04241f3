/* tests/governance/test_keys.c - keys: made once whoever starts first, kept from others, and refused when they are not what they should be. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dirent.h>

#include "governance/keys.h"
#include "tests/support/unit.h"

#define ORIGIN "ledger.example/alt"

enum { PROCESSES = 8, BASE_ROOM = 64, PATH_ROOM = 128 };

static char base[] = "/tmp/altledger-keys-XXXXXX", directory[BASE_ROOM], log_file[PATH_ROOM], receipts_file[PATH_ROOM];

static void remove_all(const char *path)
{
    DIR *d = opendir(path);
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        char each[PATH_ROOM + 256];
        snprintf(each, sizeof each, "%s/%s", path, e->d_name);
        unlink(each);
    }
    if (d != NULL)
        closedir(d);
    rmdir(path);
}

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(base));
    snprintf(directory, sizeof directory, "%s/keys", base);
    snprintf(log_file, sizeof log_file, "%s/log.ed25519", directory);
    snprintf(receipts_file, sizeof receipts_file, "%s/receipts.secp256k1", directory);
    return 0;
}

static int clear(void **state)
{
    (void)state;
    remove_all(directory);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_all(base);
    return 0;
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static mode_t mode_of(const char *path)
{
    struct stat s;
    assert_int_equal(stat(path, &s), 0);
    return s.st_mode & 0777;
}

static void assert_same_keys(const struct keys *a, const struct keys *b)
{
    assert_memory_equal(a->log.b, b->log.b, sizeof a->log.b);
    assert_memory_equal(a->note.public_key, b->note.public_key, sizeof a->note.public_key);
    assert_memory_equal(a->receipts.b, b->receipts.b, sizeof a->receipts.b);
    assert_true(address_equal(a->receipts_address, b->receipts_address));
}

static void keys_that_are_missing__are_made_and_kept(void **state)
{
    (void)state;
    struct keys first, again;
    assert_int_equal(keys_open(directory, ORIGIN, &first), OK);
    assert_int_equal(mode_of(directory), 0700);
    assert_int_equal(mode_of(log_file), 0400);
    assert_int_equal(mode_of(receipts_file), 0400);
    assert_string_equal(first.note.origin, ORIGIN);
    assert_int_equal(keys_open(directory, ORIGIN, &again), OK);
    assert_same_keys(&first, &again);
    uint8_t public_key[32];
    struct address address;
    ed25519_public(&first.log, public_key);
    assert_memory_equal(public_key, first.note.public_key, sizeof public_key);
    assert_int_equal(sig_key_address(&first.receipts, &address), OK);
    assert_true(address_equal(address, first.receipts_address));
    remove_all(directory);
    assert_int_equal(keys_open(directory, ORIGIN, &again), OK);
    assert_memory_not_equal(first.log.b, again.log.b, sizeof first.log.b);
    assert_memory_not_equal(first.receipts.b, again.receipts.b, sizeof first.receipts.b);
    keys_done(&again);
    static const struct keys zero;
    assert_memory_equal(again.receipts.b, zero.receipts.b, sizeof zero.receipts.b);
    assert_memory_equal(again.log.b, zero.log.b, sizeof zero.log.b);
}

static void a_key_that_is_there__stays_when_the_other_is_made(void **state)
{
    (void)state;
    struct keys k;
    assert_int_equal(mkdir(directory, 0700), 0);
    write_file(receipts_file, "0x4646464646464646464646464646464646464646464646464646464646464646\n", 0400);
    char trailing[PATH_ROOM + 2];
    snprintf(trailing, sizeof trailing, "%s//", directory);
    assert_int_equal(keys_open(trailing, ORIGIN, &k), OK);
    char address[ADDRESS_TEXT + 1];
    address_format(k.receipts_address, address);
    assert_string_equal(address, "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F");
}

static void directories_above__are_made_too(void **state)
{
    (void)state;
    struct keys k;
    char deep[PATH_ROOM + 8], below[PATH_ROOM + 16];
    snprintf(deep, sizeof deep, "%s/data", base);
    snprintf(below, sizeof below, "%s/keys/", deep);
    assert_int_equal(keys_open(below, ORIGIN, &k), OK);
    assert_int_equal(mode_of(below), 0700);
    remove_all(below);
    remove_all(deep);
}

/* Each process starts where there is nothing, and tells what it has by a pipe. */
static void processes_that_start_at_once__have_the_same_keys(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 10; round++) {
        int go[2], told[2];
        assert_int_equal(pipe(go), 0);
        assert_int_equal(pipe(told), 0);
        for (unsigned i = 0; i < PROCESSES; i++)
            if (fork() == 0) {
                struct keys k = {0};
                char byte;
                close(go[1]);
                ssize_t n = read(go[0], &byte, 1);
                n = n == 0 && keys_open(directory, ORIGIN, &k) == OK ? write(told[1], &k, sizeof k) : 0;
                _exit(n == sizeof k ? 0 : 1);
            }
        close(go[0]);
        close(go[1]);
        struct keys first, each;
        for (unsigned i = 0; i < PROCESSES; i++) {
            int status;
            assert_true(wait(&status) > 0);
            assert_int_equal(status, 0);
            assert_int_equal(read(told[0], i == 0 ? &first : &each, sizeof each), sizeof each);
            if (i > 0)
                assert_same_keys(&first, &each);
        }
        close(told[0]);
        close(told[1]);
        size_t files = 0;
        DIR *d = opendir(directory);
        while (readdir(d) != NULL)
            files++;
        closedir(d);
        assert_int_equal(files, 4); /* two keys, ".", ".." */
        remove_all(directory);
    }
}

static void refuse(enum err expected, const char *named)
{
    struct keys k;
    assert_int_equal(keys_open(directory, ORIGIN, &k), expected);
    assert_non_null(strstr(err_detail(), named));
}

static void files_that_are_no_keys__are_refused_by_name(void **state)
{
    (void)state;
    assert_int_equal(mkdir(directory, 0700), 0);
    static const char *const wrong[] = {
        "",
        "\n",
        "0x4646464646464646464646464646464646464646464646464646464646464646",
        "4646464646464646464646464646464646464646464646464646464646464646\n",
        "0x464646464646464646464646464646464646464646464646464646464646464646\n",
        "0x4646464646464646464646464646464646464646464646464646464646464646\n\n",
        "0x46464646464646464646464646464646464646464646464646464646464646zz\n",
        /* of no key of secp256k1: zero, and the group's order */
        "0x0000000000000000000000000000000000000000000000000000000000000000\n",
        "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141\n",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        write_file(receipts_file, wrong[i], 0400);
        refuse(ERR_CONFIG, receipts_file);
    }
    assert_int_equal(unlink(receipts_file), 0);
    write_file(log_file, wrong[2], 0400);
    refuse(ERR_CONFIG, log_file);
}

static void files_that_others_may_read_or_point_elsewhere__are_refused(void **state)
{
    (void)state;
    struct keys k;
    assert_int_equal(keys_open(directory, ORIGIN, &k), OK);
    static const mode_t modes[] = {0440, 0404, 0420, 0402, 0644, 0401};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        assert_int_equal(chmod(log_file, modes[i]), 0);
        refuse(ERR_CONFIG, log_file);
    }
    assert_int_equal(chmod(log_file, 0600), 0);
    assert_int_equal(keys_open(directory, ORIGIN, &k), OK);
    assert_int_equal(unlink(log_file), 0);
    assert_int_equal(symlink("receipts.secp256k1", log_file), 0);
    refuse(ERR_IO, log_file);
    assert_int_equal(unlink(log_file), 0);
    assert_int_equal(mkdir(log_file, 0700), 0);
    refuse(ERR_CONFIG, log_file);
    assert_int_equal(rmdir(log_file), 0);
}

static void a_directory_that_cannot_be__and_an_origin_that_is_none__are_refused(void **state)
{
    (void)state;
    struct keys k;
    char inside[PATH_ROOM + 8];
    write_file(directory, "a file", 0600);
    snprintf(inside, sizeof inside, "%s/keys", directory);
    assert_int_equal(keys_open(inside, ORIGIN, &k), ERR_IO);
    assert_int_equal(keys_open(directory, ORIGIN, &k), ERR_IO);
    assert_int_equal(unlink(directory), 0);
    assert_int_equal(keys_open(directory, "two words", &k), ERR_CONFIG);
    assert_int_equal(access(directory, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(keys_that_are_missing__are_made_and_kept, clear),
        cmocka_unit_test_teardown(a_key_that_is_there__stays_when_the_other_is_made, clear),
        cmocka_unit_test_teardown(directories_above__are_made_too, clear),
        cmocka_unit_test_teardown(processes_that_start_at_once__have_the_same_keys, clear),
        cmocka_unit_test_teardown(files_that_are_no_keys__are_refused_by_name, clear),
        cmocka_unit_test_teardown(files_that_others_may_read_or_point_elsewhere__are_refused, clear),
        cmocka_unit_test_teardown(a_directory_that_cannot_be__and_an_origin_that_is_none__are_refused, clear),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
