/*
 * serve_files.c - a folder's files over HTTP, read only.
 *
 * Nothing outside of the folder can be reached: a path is walked one segment at a time with
 * openat(2), never through "..", and no symbolic link is followed. Names that begin with a dot are
 * neither shown nor served.
 */
#include "cli/serve.h"

#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PIECE = 64 * 1024,   /* of a file, read and queued at once */
    ENTRIES_MAX = 10000, /* shown of a folder */
    LISTING_MAX = SERVE_QUEUE_MAX / 2
};

static int open_beneath(int folder, char *path);
static bool send_file(struct conn *c, const char *path, const struct stat *st);
static bool send_listing(struct conn *c, int folder, const char *path);

bool files_answer(struct conn *c, const struct http_request *request)
{
    static const char nothing[] = "There is no such file here.";
    char path[HTTP_TARGET_MAX + 1];
    struct stat st;
    if (!http_path_decode(path, sizeof(path), request->target)) {
        return http_refuse(c, 400, "This target names no file.");
    }
    size_t len = strlen(path);
    bool slash = path[len - 1] == '/';
    char *walked = cli_memory(mem_str(path));
    int fd = open_beneath(c->server->args->folder_fd, walked);
    mem_free(walked);
    if (fd < 0 || fstat(fd, &st) < 0) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return http_refuse(c, 404, nothing);
    }
    if (S_ISREG(st.st_mode) && !slash) {
        c->file = fd;
        return send_file(c, path, &st);
    }
    bool fine;
    if (S_ISDIR(st.st_mode)) {
        fine = send_listing(c, fd, path);
    } else {
        fine = http_refuse(c, 404, nothing);
    }
    (void)close(fd);
    return fine;
}

/* Opens path, which begins with '/', below folder. Its slashes become NULs. */
static int open_beneath(int folder, char *path)
{
    int at = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char *p = path;
    while (at >= 0 && *p == '/') {
        p += strspn(p, "/");
        if (*p == '\0') {
            return at;
        }
        char *name = p;
        p += strcspn(p, "/");
        bool last = *p == '\0';
        if (!last) {
            *p = '\0';
        }
        int next = -1;
        if (name[0] != '.') {
            /* without O_NONBLOCK a named pipe would stop the server */
            next = openat(at, name,
                          O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC |
                              (last ? 0 : O_DIRECTORY));
        }
        (void)close(at);
        at = next;
        if (!last) {
            *p = '/';
        }
    }
    return at;
}

/* ---- Files ---- */

static const char *type_of(const char *path)
{
    static const struct {
        const char *ending, *type;
    } types[] = {
        { ".html", "text/html; charset=utf-8" }, { ".htm", "text/html; charset=utf-8" },
        { ".txt", "text/plain; charset=utf-8" }, { ".md", "text/plain; charset=utf-8" },
        { ".css", "text/css; charset=utf-8" },   { ".js", "text/javascript; charset=utf-8" },
        { ".json", "application/json" },         { ".svg", "image/svg+xml" },
        { ".png", "image/png" },                 { ".jpg", "image/jpeg" },
        { ".jpeg", "image/jpeg" },               { ".gif", "image/gif" },
        { ".webp", "image/webp" },               { ".pdf", "application/pdf" },
        { ".wasm", "application/wasm" },         { ".xml", "application/xml" },
    };
    size_t len = strlen(path);
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        size_t n = strlen(types[i].ending);
        if (len > n && strcmp(path + len - n, types[i].ending) == 0) {
            return types[i].type;
        }
    }
    return "application/octet-stream";
}

static void end_file(struct conn *c)
{
    (void)close(c->file);
    c->file = -1;
}

static bool send_file(struct conn *c, const char *path, const struct stat *st)
{
    c->file_left = st->st_size > 0 ? (uint64_t)st->st_size : 0;
    bool fine = http_head(c, 200, type_of(path), c->file_left, NULL);
    if (c->head_only || c->file_left == 0) {
        end_file(c);
    }
    return fine;
}

bool files_more(struct conn *c)
{
    size_t wanted = c->file_left < PIECE ? (size_t)c->file_left : PIECE;
    uint8_t *room = buf_room(&c->out, wanted);
    ssize_t n = -1;
    if (room != NULL) {
        do {
            n = read(c->file, room, wanted);
        } while (n < 0 && errno == EINTR);
    }
    if (n <= 0) {
        return false; /* it shrank: only a broken connection tells the client */
    }
    buf_grow(&c->out, (size_t)n);
    c->file_left -= (uint64_t)n;
    if (c->file_left == 0) {
        end_file(c);
    }
    return true;
}

/* ---- Folders ---- */

struct entry {
    char *name;
    bool folder;
    off_t size;
};

static int by_name(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;
    return x->folder == y->folder ? strcmp(x->name, y->name) : (int)y->folder - (int)x->folder;
}

static size_t read_entries(int folder, struct entry *entries)
{
    size_t num = 0;
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    if (dir == NULL) {
        if (copy >= 0) {
            (void)close(copy);
        }
        return 0;
    }
    const struct dirent *d;
    while (num < ENTRIES_MAX && (d = readdir(dir)) != NULL) {
        struct stat st;
        bool fits = d->d_name[0] != '.' &&
                    fstatat(folder, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
                    (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
        if (fits) {
            entries[num].name = cli_memory(mem_str(d->d_name));
            entries[num].folder = S_ISDIR(st.st_mode);
            entries[num].size = st.st_size;
            num++;
        }
    }
    (void)closedir(dir);
    qsort(entries, num, sizeof(*entries), by_name);
    return num;
}

/* One name as a link: every byte that is no letter, digit, '-', '.' or '_' as %XX. */
static void print_href(FILE *f, const char *name)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    for (const char *p = name; *p != '\0'; p++) {
        if (strchr(plain, *p) != NULL) {
            (void)fputc(*p, f);
        } else {
            (void)fprintf(f, "%%%02X", (unsigned)(unsigned char)*p);
        }
    }
}

static void print_listing(FILE *f, const char *path, const struct entry *entries, size_t num)
{
    char *shown_path = cli_text(bytes_str(path), true);
    char *title = html_escape(shown_path);
    free(shown_path);
    (void)fprintf(f,
                  "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>%s</title>\n"
                  "<h1>%s</h1>\n<ul>\n",
                  title, title);
    free(title);
    if (strcmp(path, "/") != 0) {
        (void)fprintf(f, "<li><a href=\"../\">..</a>\n");
    }
    for (size_t i = 0; i < num && ftell(f) < LISTING_MAX; i++) {
        char *text = cli_text(bytes_str(entries[i].name), true);
        char *name = html_escape(text);
        free(text);
        const char *end = entries[i].folder ? "/" : "";
        (void)fprintf(f, "<li><a href=\"");
        print_href(f, entries[i].name);
        (void)fprintf(f, "%s\">%s%s</a>", end, name, end);
        if (!entries[i].folder) {
            (void)fprintf(f, " %lld bytes", (long long)entries[i].size);
        }
        (void)fputc('\n', f);
        free(name);
    }
    (void)fprintf(f, "</ul>\n</html>\n");
}

/* A folder whose target has no slash at its end is sent on to the one that has: the links of the
 * listing are relative. */
static bool send_on(struct conn *c, const char *path)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    if (f == NULL) {
        return false;
    }
    (void)fprintf(f, "Location: ");
    const char *p = path + strspn(path, "/");
    while (*p != '\0') {
        size_t n = strcspn(p, "/");
        char *name = cli_memory(mem_copy(p, n + 1));
        name[n] = '\0';
        (void)fputc('/', f);
        print_href(f, name);
        mem_free(name);
        p += n;
        p += strspn(p, "/");
    }
    (void)fprintf(f, "/\r\n");
    bool fine = fclose(f) == 0 && http_head(c, 301, "text/plain", 0, text);
    free(text);
    return fine;
}

static bool send_listing(struct conn *c, int folder, const char *path)
{
    if (path[strlen(path) - 1] != '/') {
        return send_on(c, path);
    }
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    if (f == NULL) {
        return false;
    }
    struct entry *entries = cli_memory(mem_new_array(ENTRIES_MAX, sizeof(*entries)));
    size_t num = read_entries(folder, entries);
    print_listing(f, path, entries, num);
    for (size_t i = 0; i < num; i++) {
        mem_free(entries[i].name);
    }
    mem_free(entries);
    bool fine = fclose(f) == 0 && http_answer(c, 200, "text/html; charset=utf-8",
                                              bytes_of((const uint8_t *)text, len));
    free(text);
    return fine;
}
