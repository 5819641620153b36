/*
 * standalone.c - runs a fuzz target without a fuzzer: over files, or folders of seeds.
 *
 * Each seed is tried whole, cut short and with bytes changed; then come random inputs. Everything
 * is the same in every run. This finds little that is new: it keeps what was found from returning,
 * under every compiler and sanitizer.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv);
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

enum { CUTS = 64, CHANGES = 64, RANDOM_INPUTS = 256, MOST_RANDOM = 512 };

static uint64_t random_state = 1;
static unsigned long num_inputs;

/* next_random is xorshift64*: good enough to scatter bytes. */
static uint32_t next_random(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)((random_state * UINT64_C(0x2545f4914f6cdd1d)) >> 32);
}

static void *must(void *p)
{
    if (p == NULL) {
        fputs("standalone: out of memory\n", stderr);
        exit(2);
    }
    return p;
}

/* run gives the target a copy of exactly len bytes, so that sanitizers see each overrun. */
static void run(const uint8_t *data, size_t len)
{
    uint8_t *copy = must(malloc(len == 0 ? 1 : len));
    if (len > 0) {
        memcpy(copy, data, len);
    }
    (void)LLVMFuzzerTestOneInput(copy, len);
    free(copy);
    num_inputs++;
}

static void run_variants(uint8_t *data, size_t len)
{
    run(data, len);
    if (len == 0) {
        return;
    }
    size_t step = len / CUTS + 1;
    for (size_t n = 0; n < len; n += step) {
        run(data, n);
    }
    for (int i = 0; i < CHANGES; i++) {
        size_t at = next_random() % len;
        uint8_t before = data[at];
        data[at] = (uint8_t)next_random();
        run(data, len);
        data[at] = before;
    }
}

static void run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    size_t size = 65536, len = 0;
    uint8_t *data = must(malloc(size));
    for (;;) {
        len += fread(data + len, 1, size - len, file);
        if (len < size) {
            break;
        }
        size *= 2;
        data = must(realloc(data, size));
    }
    if (ferror(file) != 0) {
        perror(path);
        exit(2);
    }
    (void)fclose(file);
    run_variants(data, len);
    free(data);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* not alphasort, which heeds the locale */
}

static void run_folder(const char *path)
{
    struct dirent **entries = NULL;
    int num = scandir(path, &entries, NULL, by_name);
    if (num < 0) {
        perror(path);
        exit(2);
    }
    for (int i = 0; i < num; i++) {
        char file[4096];
        int n = snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && n > 0 && (size_t)n < sizeof(file)) {
            run_file(file);
        }
        free(entries[i]);
    }
    free(entries);
}

static void run_random(void)
{
    uint8_t data[MOST_RANDOM];
    for (int i = 0; i < RANDOM_INPUTS; i++) {
        size_t len = next_random() % (sizeof(data) + 1);
        for (size_t k = 0; k < len; k++) {
            data[k] = (uint8_t)next_random();
        }
        run(data, len);
    }
}

int main(int argc, char **argv)
{
    (void)LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++) {
        struct stat st;
        if (stat(argv[i], &st) != 0) {
            fprintf(stderr, "%s: no seeds there\n", argv[i]);
            continue;
        }
        if (S_ISDIR(st.st_mode)) {
            run_folder(argv[i]);
        } else {
            run_file(argv[i]);
        }
    }
    run_random();
    printf("%lu inputs\n", num_inputs);
    return 0;
}
