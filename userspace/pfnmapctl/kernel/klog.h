/* SPDX-License-Identifier: GPL-2.0-only */
/* The module's lines in the kernel log, where the user may read it. */
#ifndef KLOG_H
#define KLOG_H

int klog_open(int whence);
char *klog_last(int fd, const char *what);
char *klog_why(const char *what);
char *klog_region(const char *name);

#endif
