/* SPDX-License-Identifier: Apache-2.0
 *
 * What holds for every command before it starts: who may read what the process writes and has in
 * memory, and how it takes memory from the system. The commands are in commands/command.c.
 */
#include <malloc.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "commands/command.h"
#include "limits.h"

/* What we write is for our account alone, and what is in our memory, secrets and people's data, for
 * nobody: neither in a core file nor through a debugger of the same account. */
static void keep_to_ourselves(void)
{
    umask(077);
    (void)!prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* A command whose words did not all arrive, as on a full disk, has not done what it should. */
static int output_end(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fprintf(stderr, "ecs: the output could not be written\n");
    return code == EX_OK ? EX_IOERR : code;
}

int main(int argc, char **argv)
{
    keep_to_ourselves();
    /* Threads share two heaps: one for each would keep what is free apart. */
    mallopt(M_ARENA_MAX, 2);
    /* Large blocks go back to the system as soon as they are free; glibc would learn otherwise. */
    mallopt(M_MMAP_THRESHOLD, HTTP_BODY_MAX);
    /* Heaps grow in large steps and keep what is free: each step, and each return, stops every
     * thread of the process that needs memory while a password is hashed. */
    mallopt(M_TOP_PAD, HEAP_STEP);
    mallopt(M_TRIM_THRESHOLD, HEAP_FREE_MAX);
    if (sodium_init() < 0)
        return EX_OSERR;
    return output_end(command_run(argc, argv));
}
