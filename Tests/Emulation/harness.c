// Runs one kernel on what a file says and writes what it leaves behind to another; see `EmulatedKernel` for both files.
//
//   harness JOB RESULT

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The interface of `KernelSource`; the second function is there only for kernels that threads share.
void kernel(void **buffers, int64_t *status, int64_t begin, int64_t end, void *scratch);
void kernel_finish(void **buffers, int64_t *status, int64_t threads, void *scratch) __attribute__((weak));

enum { fence = 64, fenceByte = 0x5A };

static void fail(const char *reason) {
    fprintf(stderr, "%s\n", reason);
    exit(1);
}

static int64_t readNumber(FILE *file) {
    int64_t number;
    if (fread(&number, sizeof number, 1, file) != 1) fail("the job is too short");
    return number;
}

// Memory aligned to 64 bytes, with a fence on both sides.
static char *allocate(size_t count) {
    char *block = aligned_alloc(64, (count + 2 * fence + 63) / 64 * 64);
    if (!block) fail("no memory");
    memset(block, fenceByte, fence);
    memset(block + fence + count, fenceByte, fence);
    return block + fence;
}

static void checkFences(const char *memory, size_t count) {
    for (int i = 0; i < fence; ++i)
        if (memory[i - fence] != fenceByte || memory[count + i] != fenceByte) fail("memory around a buffer was written to");
}

int main(int argc, char **argv) {
    FILE *job = argc == 3 ? fopen(argv[1], "rb") : NULL, *result = job ? fopen(argv[2], "wb") : NULL;
    if (!result) fail("usage: harness JOB RESULT");
    int64_t units = readNumber(job), threads = readNumber(job), scratchBytes = readNumber(job), count = readNumber(job);
    size_t *sizes = malloc(sizeof *sizes * (count + 1));
    void **buffers = malloc(sizeof *buffers * (count + 1));
    for (int64_t i = 0; i < count; ++i) sizes[i] = readNumber(job);
    for (int64_t i = 0; i < count; ++i) {
        buffers[i] = allocate(sizes[i]);
        if (fread(buffers[i], 1, sizes[i], job) != sizes[i]) fail("the job is too short");
    }
    char *scratch = allocate(scratchBytes * threads);
    int64_t status[3] = {0, 0, 0};

    for (int64_t i = 0; i < threads; ++i)
        kernel(buffers, status, units * i / threads, units * (i + 1) / threads, scratch + i * scratchBytes);
    if (kernel_finish) kernel_finish(buffers, status, threads, scratch);

    checkFences(scratch, scratchBytes * threads);
    fwrite(status, sizeof status, 1, result);
    for (int64_t i = 0; i < count; ++i) {
        checkFences(buffers[i], sizes[i]);
        fwrite(buffers[i], 1, sizes[i], result);
    }
    return fclose(result) ? 1 : 0;
}
