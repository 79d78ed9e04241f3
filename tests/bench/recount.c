/* tests/bench/recount.c - counts made-up ballots again from the text of their choices, as a recount does, and says what it took.
 *
 * recount TYPE BALLOTS CHOICES: prints {"read", "count", "scores", "memory", "rankings"}: nanoseconds of the processor for parsing the choices, for adding
 * them, for the scores at the end; bytes that the process grew by; different rankings. Ballots are made a portion at a time, outside what
 * is measured: choices at random, rankings in any order (so that few are equal), 1 to CHOICES weights up to 100. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "governance/count.h"

enum { PORTION = 10000, DEPTH = 3 };

static uint64_t state = 88172645463325252u;

static uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static uint64_t nanoseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t peak_bytes(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return 1024 * (uint64_t)usage.ru_maxrss;
}

static void write_list(struct buffer *out, size_t n, size_t some)
{
    uint16_t order[CHOICES_MAX];
    for (size_t i = 0; i < n; i++)
        order[i] = (uint16_t)(i + 1);
    buffer_text(out, "[");
    for (size_t i = 0; i < some; i++) {
        size_t other = i + next_random() % (n - i);
        uint16_t pick = order[other];
        order[other] = order[i];
        buffer_printf(out, "%s%d", i > 0 ? "," : "", pick);
    }
    buffer_text(out, "]");
}

static void write_weights(struct buffer *out, size_t n, size_t some)
{
    size_t first = next_random() % n;
    buffer_text(out, "{");
    for (size_t i = 0; i < some; i++)
        buffer_printf(out, "%s\"%zu\":%d", i > 0 ? "," : "", 1 + (first + i) % n, (int)(1 + next_random() % 100));
    buffer_text(out, "}");
}

/* A list of one, which is the choice: a text of JSON begins with a bracket. */
static void write_choice(struct buffer *out, enum voting type, size_t n)
{
    buffer_text(out, "[");
    switch (type) {
    case VOTING_BASIC:
    case VOTING_SINGLE_CHOICE:
        buffer_printf(out, "%d", (int)(1 + next_random() % n));
        break;
    case VOTING_APPROVAL:
        write_list(out, n, next_random() % (n + 1));
        break;
    case VOTING_WEIGHTED:
    case VOTING_QUADRATIC:
        write_weights(out, n, 1 + next_random() % n);
        break;
    case VOTING_RANKED_CHOICE:
    case VOTING_COPELAND:
        write_list(out, n, n);
        break;
    case VOTING_COUNT:
        break;
    }
    buffer_text(out, "]");
}

/* Up to some 10^24: millions of tokens of 18 decimals. */
static struct amount random_power(void)
{
    uint8_t be[32] = {0};
    uint64_t low = next_random(), high = next_random() % 65536;
    for (size_t i = 0; i < 8; i++)
        be[24 + i] = (uint8_t)(low >> 8 * i);
    be[23] = (uint8_t)high;
    be[22] = (uint8_t)(high >> 8);
    return amount_from_be(be);
}

struct portion {
    size_t n;
    struct slice texts[PORTION];
    struct choice choices[PORTION];
    struct amount powers[PORTION];
};

static void make(struct portion *p, enum voting type, size_t n_choices, struct arena *arena)
{
    AUTO_BUFFER text = {0};
    for (size_t i = 0; i < p->n; i++) {
        buffer_reset(&text);
        write_choice(&text, type, n_choices);
        p->texts[i] = (struct slice){arena_copy(arena, text.p, text.n), text.n};
        p->powers[i] = random_power();
    }
}

static enum err read_all(struct portion *p, enum voting type, size_t n_choices, struct arena *arena)
{
    for (size_t i = 0; i < p->n; i++) {
        AUTO_JSON j = NULL;
        TRY(json_parse((const char *)p->texts[i].p, p->texts[i].n, DEPTH, &j));
        TRY(choice_parse(type, n_choices, json_array_get(j, 0), arena, &p->choices[i]));
    }
    return OK;
}

static enum err measure(enum voting type, size_t n_ballots, size_t n_choices)
{
    AUTO_ARENA arena = {0};
    static struct portion portion;
    struct amount scores[CHOICES_MAX], power;
    uint64_t reading = 0, adding = 0, before = 0, grown = 0;
    struct count *c = count_open(type, n_choices);
    for (size_t done = 0; done < n_ballots; done += portion.n) {
        arena_reset(&arena);
        portion.n = n_ballots - done < PORTION ? n_ballots - done : PORTION;
        make(&portion, type, n_choices, &arena);
        uint64_t began = nanoseconds();
        TRY(read_all(&portion, type, n_choices, &arena));
        uint64_t read = nanoseconds();
        before = before > 0 ? before : peak_bytes();
        for (size_t i = 0; i < portion.n; i++)
            count_add(c, &portion.choices[i], portion.powers[i]);
        adding += nanoseconds() - read;
        reading += read - began;
    }
    uint64_t began = nanoseconds();
    TRY(count_scores(c, scores, &power));
    uint64_t took = nanoseconds() - began;
    grown = peak_bytes() - before;
    printf("{\"read\":%" PRIu64 ",\"count\":%" PRIu64 ",\"scores\":%" PRIu64 ",\"memory\":%" PRIu64
           ",\"rankings\":%zu}\n",
           reading, adding, took, grown, count_rankings(c));
    count_close(c);
    return OK;
}

int main(int argc, char **argv)
{
    enum voting type;
    if (argc != 4 || !voting_parse(argv[1], &type)) {
        fprintf(stderr, "usage: recount TYPE BALLOTS CHOICES\n");
        return 2;
    }
    size_t n_ballots = strtoull(argv[2], NULL, 10), n_choices = strtoull(argv[3], NULL, 10);
    if (n_ballots < 1 || n_choices < 1 || n_choices > CHOICES_MAX)
        return 2;
    json_setup();
    return measure(type, n_ballots, n_choices) == OK ? 0 : 1;
}
