/* tests/bench/bare_secp256k1.c - libsecp256k1 with nothing around it: public keys recovered a second, the limit that ballots are held to.
 *
 * bare_secp256k1 SECONDS THREADS: each thread recovers the same few hundred signatures over and over; prints the sum a second. */
#include <pthread.h>
#include <secp256k1_recovery.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SIGNATURES = 512, THREADS_MAX = 64 };

struct sample {
    unsigned char digest[32];
    secp256k1_ecdsa_recoverable_signature signature;
};

static struct sample samples[SIGNATURES];
static double seconds;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void sign_all(void)
{
    secp256k1_context *c = secp256k1_context_create(SECP256K1_CONTEXT_SIGN);
    for (int i = 0; i < SIGNATURES; i++) {
        unsigned char key[32] = {1};
        key[30] = (unsigned char)(i >> 8);
        key[31] = (unsigned char)i;
        memset(samples[i].digest, i * 7 + 1, 32);
        if (!secp256k1_ecdsa_sign_recoverable(c, &samples[i].signature, samples[i].digest, key, NULL, NULL))
            abort();
    }
    secp256k1_context_destroy(c);
}

static void *recover(void *arg)
{
    secp256k1_context *c = secp256k1_context_create(SECP256K1_CONTEXT_VERIFY);
    double *rate = arg, began = now(), took = 0;
    long n = 0;
    for (; took < seconds; took = now() - began)
        for (int i = 0; i < SIGNATURES; i++, n++) {
            secp256k1_pubkey key;
            if (!secp256k1_ecdsa_recover(c, &key, &samples[i].signature, samples[i].digest))
                abort();
        }
    *rate = (double)n / took;
    secp256k1_context_destroy(c);
    return NULL;
}

int main(int argc, char **argv)
{
    int n = argc == 3 ? atoi(argv[2]) : 0;
    seconds = argc == 3 ? atof(argv[1]) : 0;
    if (n < 1 || n > THREADS_MAX || seconds <= 0) {
        fprintf(stderr, "usage: bare_secp256k1 SECONDS THREADS\n");
        return 2;
    }
    sign_all();
    pthread_t threads[THREADS_MAX];
    double rates[THREADS_MAX], sum = 0;
    for (int i = 0; i < n; i++)
        if (pthread_create(&threads[i], NULL, recover, &rates[i]) != 0)
            return 1;
    for (int i = 0; i < n; i++) {
        pthread_join(threads[i], NULL);
        sum += rates[i];
    }
    printf("%.0f\n", sum);
    return 0;
}
