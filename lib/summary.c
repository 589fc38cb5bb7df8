// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* summary.c - what became of the tasks, from those ports that can tell. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "internal.h"

void scxu_print_json_string(FILE *f, const char *text)
{
	putc('"', f);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(f, "\\%c", *text);
		else if ((unsigned char)*text < ' ')
			fprintf(f, "\\u%04x", *text);
		else
			putc(*text, f);
	}
	putc('"', f);
}

static int write_and_close(struct scxu *s, FILE *f, int format)
{
	int err = s->port->write_summary(s, f, format);

	if (ferror(f))
		err = err ?: -EIO;
	return fclose(f) ? err ?: -errno : err;
}

SCXU_API int scxu_write_summary(struct scxu *s, int fd, int format)
{
	FILE *f = NULL;
	int copy;

	if (!s->port->write_summary)
		return -EOPNOTSUPP;
	if (format != SCXU_SUMMARY_TEXT && format != SCXU_SUMMARY_JSON)
		return -EINVAL;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (copy >= 0)
		f = fdopen(copy, "w");
	if (f)
		return write_and_close(s, f, format);
	fd = -errno;
	if (copy >= 0)
		close(copy);
	return fd;
}
