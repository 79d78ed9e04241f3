/* tests/fuzz/replay.c - run a fuzz target over every file of a directory, so that its corpus is a test without libFuzzer. */
#include <assert.h>
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>

#define INPUT_MAX (1u << 20) /* bytes of the largest corpus file */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t input[INPUT_MAX];

static int replay(const char *directory, const char *name)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/%s", directory, name);
    assert(n > 0 && (size_t)n < sizeof path);
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 1;
    }
    size_t size = fread(input, 1, sizeof input, file);
    (void)fclose(file);
    /* The name first: if the target dies, it is the last line. */
    (void)fprintf(stderr, "%s (%zu bytes)\n", path, size);
    (void)LLVMFuzzerTestOneInput(input, size);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: %s CORPUS-DIRECTORY\n", argv[0]);
        return 2;
    }
    DIR *directory = opendir(argv[1]);
    if (!directory) {
        perror(argv[1]);
        return 1;
    }
    int failed = 0, files = 0;
    for (struct dirent *entry; (entry = readdir(directory));)
        if (entry->d_name[0] != '.') {
            failed += replay(argv[1], entry->d_name);
            files++;
        }
    (void)closedir(directory);
    /* An empty corpus tests nothing and must not look like a pass. */
    return failed || files == 0;
}
