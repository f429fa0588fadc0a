/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a plug-in and ip(8) say to each other. iproute2 installs no header for
 * that; these declarations are the part that has not changed since its release
 * 5.10. The symbols are found in the running ip.
 */
#ifndef CARP_IPROUTE2_H
#define CARP_IPROUTE2_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct nlmsghdr;
struct rtattr;

/* How ip handles one kind of link. It looks for the symbol KIND_link_util. */
struct link_util {
    struct link_util *next;
    const char *id;
    int maxattr;
    int (*parse_opt)(struct link_util *lu, int argc, char **argv, struct nlmsghdr *n);
    void (*print_opt)(struct link_util *lu, FILE *f, struct rtattr *tb[]);
    void (*print_xstats)(struct link_util *lu, FILE *f, struct rtattr *xstats);
    void (*print_help)(struct link_util *lu, int argc, char **argv, FILE *f);
    int (*parse_ifla_xstats)(struct link_util *lu, int argc, char **argv);
    int (*print_ifla_xstats)(struct nlmsghdr *n, void *arg);
};

/* Where output goes: to text, to JSON, or to the one that was asked for. */
enum output_type {
    PRINT_FP = 1,
    PRINT_JSON = 2,
    PRINT_ANY = 4,
};

enum color_attr {
    COLOR_NONE = 6,
};

bool is_json_context(void);
void open_json_object(const char *key);
void close_json_object(void);
void open_json_array(enum output_type type, const char *key);
void close_json_array(enum output_type type, const char *text);
int print_color_string(enum output_type type, enum color_attr color, const char *key,
                       const char *format, const char *value);
int print_color_uint(enum output_type type, enum color_attr color, const char *key,
                     const char *format, unsigned int value);
int print_color_u64(enum output_type type, enum color_attr color, const char *key,
                    const char *format, uint64_t value);
int print_color_bool(enum output_type type, enum color_attr color, const char *key,
                     const char *format, bool value);
void print_nl(void);

int addattr32(struct nlmsghdr *n, int maxlen, int type, uint32_t value);
int addattr_l(struct nlmsghdr *n, int maxlen, int type, const void *value, int length);
int parse_rtattr(struct rtattr *tb[], int max, struct rtattr *first, int length);

int get_u32(uint32_t *value, const char *text, int base);
unsigned int ll_name_to_index(const char *name);
const char *ll_index_to_name(unsigned int index);

void incomplete_command(void) __attribute__((noreturn));
void invarg(const char *message, const char *word) __attribute__((noreturn));
void duparg(const char *key, const char *word) __attribute__((noreturn));

#endif
