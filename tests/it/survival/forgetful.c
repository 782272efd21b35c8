/* Records synced data, so that a test can discard the rest as a power cut does. The library is
 * preloaded into the server (LD_PRELOAD). At every fsync and fdatasync it notes the state that a disk
 * must keep from then on.
 *
 * FORGETFUL_OF is the watched folder, FORGETFUL_DIR is the folder for the notes:
 *
 *   content-NAME   the file NAME at its last sync
 *   names          the files in the watched folder at the last sync of the folder. Syncing a folder
 *                  saves the creation and the removal of files.
 *
 * The real call comes first, so a note never holds less than the disk. The caller continues after the
 * note is complete, so the note holds no less than the caller relies on. Each note is written to a
 * file beside it and renamed, so a kill in the middle leaves the previous note. A lock keeps an older
 * state from replacing a newer one. */

#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static char buffer[1 << 20];

/* A test without notes proves nothing, so an error ends the server. */
static void give_up(const char *what, const char *name)
{
    fprintf(stderr, "forgetful: cannot %s %s: %m\n", what, name);
    abort();
}

static void write_all(int to, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(to, bytes, length);
        if (written < 0)
            give_up("write", "a note");
        bytes += written;
        length -= (size_t)written;
    }
}

static void note_content(int fd, int to)
{
    off_t at = 0;
    for (;;) {
        /* pread does not move the position of the descriptor. */
        ssize_t length = pread(fd, buffer, sizeof buffer, at);
        if (length < 0)
            give_up("read", "a synced file");
        if (length == 0)
            return;
        write_all(to, buffer, (size_t)length);
        at += length;
    }
}

static void note_names(const char *folder, int to)
{
    DIR *listing = opendir(folder);
    if (listing == NULL)
        give_up("list", folder);
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;)
        if (entry->d_type == DT_REG) {
            write_all(to, entry->d_name, strlen(entry->d_name));
            write_all(to, "\n", 1);
        }
    closedir(listing);
}

/* Notes the state of a descriptor that was just synced, if it is the watched folder or a file in it. */
static void note(int fd)
{
    const char *folder = getenv("FORGETFUL_OF"), *notes = getenv("FORGETFUL_DIR");
    char link[64], path[PATH_MAX], beside[2 * PATH_MAX], place[2 * PATH_MAX];
    if (folder == NULL || notes == NULL)
        return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return;
    path[length] = '\0';
    size_t prefix = strlen(folder);
    if (strncmp(path, folder, prefix) != 0)
        return;
    const char *name = NULL;
    if (path[prefix] == '/' && strchr(path + prefix + 1, '/') == NULL)
        name = path + prefix + 1;
    else if (path[prefix] != '\0')
        return;

    struct stat status;
    if (fstat(fd, &status) != 0 || (name != NULL && status.st_nlink == 0))
        return; /* the file is deleted, so it cannot be opened again */
    snprintf(beside, sizeof beside, "%s/beside", notes);
    int to = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (to < 0)
        give_up("make", beside);
    if (name == NULL) {
        note_names(folder, to);
        snprintf(place, sizeof place, "%s/names", notes);
    } else {
        /* The descriptor of the server may be for writing only, so the file is opened again. */
        int from = open(link, O_RDONLY | O_CLOEXEC);
        if (from < 0)
            give_up("open", path);
        note_content(from, to);
        close(from);
        snprintf(place, sizeof place, "%s/content-%s", notes, name);
    }
    close(to);
    if (rename(beside, place) != 0)
        give_up("rename", beside);
}

static int sync_and_note(long call, int fd)
{
    int result = (int)syscall(call, fd);
    if (result == 0) {
        pthread_mutex_lock(&one_at_a_time);
        note(fd);
        pthread_mutex_unlock(&one_at_a_time);
    }
    return result;
}

int fsync(int fd)
{
    return sync_and_note(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return sync_and_note(SYS_fdatasync, fd);
}
