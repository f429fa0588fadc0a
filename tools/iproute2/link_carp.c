// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ip link ... type carp: the plug-in of ip(8).
 *
 * It knows no ranges: numbers go to the kernel as they are, which refuses with
 * a text that names attribute, value and range, the same as carpctl shows.
 */
#include "iproute2.h"

#include <linux/carp.h>
#include <linux/rtnetlink.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The room that ip keeps for a request about a link. */
#define REQUEST_ROOM 1024
/* More than any key, less than what a wrong file may hold. */
#define KEY_ROOM 256
/* The ifconfig of the BSDs keeps one byte less than that. */
#define BSD_CUTS_AT 20

static const char *const state_names[] = {
    [CARP_STATE_INIT] = "init",
    [CARP_STATE_BACKUP] = "backup",
    [CARP_STATE_MASTER] = "master",
};

static const char *const preempt_names[] = {
    [CARP_PREEMPT_INHERIT] = "inherit",
    [CARP_PREEMPT_OFF] = "off",
    [CARP_PREEMPT_ON] = "on",
};

static const char *const reason_names[] = {
    [CARP_REASON_NONE] = "none",
    [CARP_REASON_READY] = "ready",
    [CARP_REASON_MASTER_TIMEOUT] = "master_timeout",
    [CARP_REASON_PREEMPT] = "preempt",
    [CARP_REASON_SLOW_MASTER] = "slow_master",
    [CARP_REASON_BOW_OUT] = "bow_out",
    [CARP_REASON_BETTER_MASTER] = "better_master",
    [CARP_REASON_TIE] = "tie",
    [CARP_REASON_FORCED] = "forced",
    [CARP_REASON_DOWN] = "down",
    [CARP_REASON_PARENT_DOWN] = "parent_down",
    [CARP_REASON_NO_PARENT] = "no_parent",
    [CARP_REASON_NO_VHID] = "no_vhid",
    [CARP_REASON_NO_ADDRESS] = "no_address",
    [CARP_REASON_NOT_ALLOWED] = "not_allowed",
    [CARP_REASON_STOPPED] = "stopped",
    [CARP_REASON_DRAINED] = "drained",
};

static const char *const match_names[] = {
    [CARP_MATCH_NONE] = "none",
    [CARP_MATCH_PRESENT] = "present",
    [CARP_MATCH_NOV6LL] = "nov6ll",
    [CARP_MATCH_KEY_NEXT] = "key_next",
    [CARP_MATCH_OLD_LIST] = "old_list",
    [CARP_MATCH_OLD_KEY] = "old_key",
    [CARP_MATCH_KEY_CUT] = "key_cut",
    [CARP_MATCH_ADDR_LESS] = "addr_less",
    [CARP_MATCH_ADDR_MORE] = "addr_more",
};

static const char *const counter_names[] = {
    [CARP_XSTATS_RX4] = "rx4",
    [CARP_XSTATS_RX6] = "rx6",
    [CARP_XSTATS_TX4] = "tx4",
    [CARP_XSTATS_TX6] = "tx6",
    [CARP_XSTATS_TX_ERRORS] = "tx_errors",
    [CARP_XSTATS_BADVER] = "badver",
    [CARP_XSTATS_BADAUTH] = "badauth",
    [CARP_XSTATS_LOOP] = "loop",
    [CARP_XSTATS_INIT] = "init",
    [CARP_XSTATS_WRONG_STATE_RX] = "wrong_state_rx",
    [CARP_XSTATS_WRONG_STATE_TX] = "wrong_state_tx",
    [CARP_XSTATS_ARP_REPLIES] = "arp_replies",
    [CARP_XSTATS_ND_REPLIES] = "nd_replies",
    [CARP_XSTATS_ANNOUNCES] = "announces",
    [CARP_XSTATS_CONFLICTS] = "conflicts",
    [CARP_XSTATS_PARENT_BADTTL] = "parent_badttl",
    [CARP_XSTATS_PARENT_BADLEN] = "parent_badlen",
    [CARP_XSTATS_PARENT_BADSUM] = "parent_badsum",
    [CARP_XSTATS_PARENT_BADVHID] = "parent_badvhid",
    [CARP_XSTATS_PARENT_FRAGMENT] = "parent_fragment",
    [CARP_XSTATS_PARENT_NOT_ALLOWED] = "parent_not_allowed",
    [CARP_XSTATS_NOT_PEER] = "not_peer",
    [CARP_XSTATS_REPLY_ERRORS] = "reply_errors",
    [CARP_XSTATS_NOMEM] = "nomem",
};

_Static_assert(sizeof(counter_names) / sizeof(counter_names[0]) == CARP_XSTATS_MAX + 1,
               "a counter of linux/carp.h has no name here");

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *name_of(const char *const *names, size_t count, uint32_t value) {
    if (value < count && names[value])
        return names[value];
    return "unknown";
}

/* The words of the command line. */

static void print_usage(FILE *f) {
    fprintf(f, "Usage: ... carp [ vhid N ] [ advbase N ] [ advskew N ]\n"
               "                [ pass KEY | passfile FILE ] [ carpdev DEV ]\n"
               "                [ next_pass KEY | next_passfile FILE ] [ grace S ]\n"
               "                [ preempt { inherit | on | off } ]\n"
               "                [ preempt_delay MS ] [ start_hold MS ]\n"
               "                [ announce_count N ] [ announce_interval MS ]\n"
               "                [ announce_refresh S ]\n"
               "                [ peer { A[,A]... | mcast } ] [ peer6 { A[,A]... | mcast } ]\n"
               "                [ state { backup | master } ]\n"
               "\n"
               "vhid      number of the group, 1..255, unique on its parent\n"
               "advbase   seconds between adverts, 0..255, default 1\n"
               "advskew   1/256 seconds added to that, 0..254, default 0\n"
               "pass      key of the group, 1..20 bytes; others can see it while it is typed\n"
               "passfile  file with the key in one line, '-' for standard input\n"
               "next_pass, next_passfile\n"
               "          a key that is accepted too, but not sent; '' takes it away\n"
               "grace     seconds that a replaced key counts, 0..86400, default 300\n"
               "carpdev   parent of a device that was added without 'link'\n"
               "preempt   take over from a slower master, default inherit:\n"
               "          as sysctl net.inet.carp.preempt says\n"
               "preempt_delay     ms to wait before that, 0..3600000, default 0\n"
               "start_hold        ms after the parent's link came up in which nothing is\n"
               "                  taken over, 0..3600000, default 0\n"
               "announce_count    how often a new master announces its addresses,\n"
               "                  1..100, default 2\n"
               "announce_interval ms between these, 0..60000, default 0:\n"
               "                  with every second advert\n"
               "announce_refresh  seconds after which a master announces them again,\n"
               "                  0..86400, default 0: never\n"
               "peer      send IPv4 adverts to these hosts, up to 16, and not to the group\n"
               "peer6     the same for IPv6\n"
               "state     step to that state now, once\n");
}

static void print_help(struct link_util *lu, int argc, char **argv, FILE *f) {
    (void)lu;
    (void)argc;
    (void)argv;
    print_usage(f);
}

static int put_key(struct nlmsghdr *n, int type, const char *key, size_t length) {
    if (length == BSD_CUTS_AT)
        fprintf(stderr, "carp: warning: the key has 20 bytes; the ifconfig of the BSDs "
                        "keeps only the first 19, so such a host will not match\n");
    return addattr_l(n, REQUEST_ROOM, type, key, (int)length);
}

/* One line, whose end does not belong to the key. */
static int put_key_of_file(struct nlmsghdr *n, int type, const char *file) {
    const bool input = strcmp(file, "-") == 0;
    const int fd = input ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
    char key[KEY_ROOM + 2];
    size_t length = 0;
    ssize_t got = 0;
    int result = -1;

    if (fd < 0) {
        fprintf(stderr, "carp: passfile %s: %s\n", file, strerror(errno));
        return -1;
    }
    while (length < sizeof(key)) {
        got = read(fd, key + length, sizeof(key) - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    if (got < 0)
        fprintf(stderr, "carp: passfile %s: %s\n", file, strerror(errno));
    if (!input)
        close(fd);

    if (length > 0 && length < sizeof(key) && key[length - 1] == '\n')
        length--;
    if (got < 0)
        result = -1;
    else if (length > KEY_ROOM)
        fprintf(stderr, "carp: passfile %s: more than %d bytes\n", file, KEY_ROOM);
    else if (memchr(key, '\n', length))
        fprintf(stderr, "carp: passfile %s: more than one line\n", file);
    else
        result = put_key(n, type, key, length);
    explicit_bzero(key, sizeof(key));
    return result;
}

/* The command line of a running program is for everybody to read. */
static int put_key_of_word(struct nlmsghdr *n, int type, char *word) {
    const size_t length = strlen(word);
    const int result = put_key(n, type, word, length);

    explicit_bzero(word, length);
    return result;
}

static int put_number(struct nlmsghdr *n, int type, const char *key, const char *word) {
    uint32_t value = 0;

    /* strtoul() would take a sign and a number with a base, too. */
    if (strspn(word, "0123456789") != strlen(word) || get_u32(&value, word, 10))
        invarg(key, word);
    return addattr32(n, REQUEST_ROOM, type, value);
}

static int put_name(struct nlmsghdr *n, int type, const char *key, const char *word,
                    const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (names[i] && strcmp(word, names[i]) == 0)
            return addattr32(n, REQUEST_ROOM, type, (uint32_t)i);
    invarg(key, word);
}

static int put_parent(struct nlmsghdr *n, const char *word) {
    const unsigned int index = ll_name_to_index(word);

    if (index == 0) {
        fprintf(stderr, "Cannot find device \"%s\"\n", word);
        return -1;
    }
    return addattr32(n, REQUEST_ROOM, IFLA_CARP_PARENT, index);
}

/* Hosts with commas between, or the group, which is an empty list. */
static int put_peers(struct nlmsghdr *n, int family, const char *key, char *word) {
    const bool v4 = family == AF_INET;
    const unsigned short length = RTA_LENGTH(v4 ? 4 : 16);
    char *rest = strcmp(word, "mcast") == 0 ? NULL : word;
    char list[REQUEST_ROOM / 2];
    size_t used = 0;

    while (rest) {
        char *comma = strchr(rest, ',');
        struct rtattr one = {length, v4 ? CARP_PEERS_ADDR4 : CARP_PEERS_ADDR6};

        if (comma)
            *comma = '\0';
        if (used + length > sizeof(list)) {
            fprintf(stderr, "carp: too many peers\n");
            return -1;
        }
        if (inet_pton(family, rest, list + used + RTA_LENGTH(0)) != 1)
            invarg(key, rest);
        // NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.*): there is no memcpy_s() here
        memcpy(list + used, &one, sizeof(one));
        used += length;
        rest = comma ? comma + 1 : NULL;
    }
    return addattr_l(n, REQUEST_ROOM, (v4 ? IFLA_CARP_PEERS4 : IFLA_CARP_PEERS6) | NLA_F_NESTED,
                     list, (int)used);
}

static int put_option(struct nlmsghdr *n, const char *key, char *word) {
    if (strcmp(key, "vhid") == 0)
        return put_number(n, IFLA_CARP_VHID, "\"vhid\" is not a number", word);
    if (strcmp(key, "advbase") == 0)
        return put_number(n, IFLA_CARP_ADVBASE, "\"advbase\" is not a number", word);
    if (strcmp(key, "advskew") == 0)
        return put_number(n, IFLA_CARP_ADVSKEW, "\"advskew\" is not a number", word);
    if (strcmp(key, "pass") == 0)
        return put_key_of_word(n, IFLA_CARP_KEY, word);
    if (strcmp(key, "passfile") == 0)
        return put_key_of_file(n, IFLA_CARP_KEY, word);
    if (strcmp(key, "next_pass") == 0)
        return put_key_of_word(n, IFLA_CARP_KEY_NEXT, word);
    if (strcmp(key, "next_passfile") == 0)
        return put_key_of_file(n, IFLA_CARP_KEY_NEXT, word);
    if (strcmp(key, "grace") == 0)
        return put_number(n, IFLA_CARP_GRACE, "\"grace\" is not a number", word);
    if (strcmp(key, "preempt_delay") == 0)
        return put_number(n, IFLA_CARP_PREEMPT_DELAY, "\"preempt_delay\" is not a number", word);
    if (strcmp(key, "start_hold") == 0)
        return put_number(n, IFLA_CARP_START_HOLD, "\"start_hold\" is not a number", word);
    if (strcmp(key, "carpdev") == 0)
        return put_parent(n, word);
    if (strcmp(key, "preempt") == 0)
        return put_name(n, IFLA_CARP_PREEMPT, "\"preempt\" is not inherit, on or off", word,
                        preempt_names, COUNT(preempt_names));
    if (strcmp(key, "announce_count") == 0)
        return put_number(n, IFLA_CARP_ANNOUNCE_COUNT, "\"announce_count\" is not a number", word);
    if (strcmp(key, "announce_interval") == 0)
        return put_number(n, IFLA_CARP_ANNOUNCE_INTERVAL, "\"announce_interval\" is not a number",
                          word);
    if (strcmp(key, "announce_refresh") == 0)
        return put_number(n, IFLA_CARP_ANNOUNCE_REFRESH, "\"announce_refresh\" is not a number",
                          word);
    if (strcmp(key, "peer") == 0)
        return put_peers(n, AF_INET, "\"peer\" is not an IPv4 address", word);
    if (strcmp(key, "peer6") == 0)
        return put_peers(n, AF_INET6, "\"peer6\" is not an IPv6 address", word);
    /* put_name() numbers from 0, and nobody can ask for init. */
    if (strcmp(word, state_names[CARP_STATE_INIT]) == 0)
        invarg("\"state\" is not backup or master", word);
    return put_name(n, IFLA_CARP_FORCE_STATE, "\"state\" is not backup or master", word,
                    state_names, COUNT(state_names));
}

/* pass and passfile set the same thing, and so do the next ones. */
static const struct {
    const char *word;
    unsigned int what;
} options[] = {
    {"vhid", 1 << 0},     {"advbase", 1 << 1}, {"advskew", 1 << 2}, {"pass", 1 << 3},
    {"passfile", 1 << 3}, {"carpdev", 1 << 4}, {"preempt", 1 << 5}, {"state", 1 << 6},
    {"announce_count", 1 << 7}, {"announce_interval", 1 << 8}, {"announce_refresh", 1 << 9},
    {"peer", 1 << 10},    {"peer6", 1 << 11}, {"next_pass", 1 << 12},
    {"next_passfile", 1 << 12}, {"grace", 1 << 13}, {"preempt_delay", 1 << 14},
    {"start_hold", 1 << 15},
};

static unsigned int option_of(const char *word) {
    for (size_t i = 0; i < COUNT(options); i++)
        if (strcmp(word, options[i].word) == 0)
            return options[i].what;
    return 0;
}

static int parse_opt(struct link_util *lu, int argc, char **argv, struct nlmsghdr *n) {
    unsigned int seen = 0;

    (void)lu;
    for (int i = 0; i < argc; i += 2) {
        const unsigned int what = option_of(argv[i]);

        if (what == 0) {
            if (strcmp(argv[i], "help") != 0)
                fprintf(stderr, "carp: unknown option \"%s\"\n", argv[i]);
            print_usage(stderr);
            return -1;
        }
        if (i + 1 == argc)
            incomplete_command();
        if (seen & what)
            duparg(argv[i], strcmp(argv[i], "pass") == 0 || strcmp(argv[i], "next_pass") == 0 ? "..." : argv[i + 1]);
        seen |= what;
        if (put_option(n, argv[i], argv[i + 1]) < 0)
            return -1;
    }
    return 0;
}

/* What the kernel tells. An attribute that is too short counts as absent. */

static bool read_attr(struct rtattr *const tb[], int type, void *value, size_t size) {
    if (!tb[type] || RTA_PAYLOAD(tb[type]) < size)
        return false;
    // NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.*): there is no memcpy_s() here
    memcpy(value, RTA_DATA(tb[type]), size);
    return true;
}

static bool read_u32(struct rtattr *const tb[], int type, uint32_t *value) {
    return read_attr(tb, type, value, sizeof(*value));
}

static bool read_u64(struct rtattr *const tb[], int type, uint64_t *value) {
    return read_attr(tb, type, value, sizeof(*value));
}

static bool read_host(struct rtattr *const tb[], int type, int family, char *text, size_t size) {
    static const unsigned char none[16];
    unsigned char address[16];
    const size_t length = family == AF_INET ? 4 : 16;

    return read_attr(tb, type, address, length) && memcmp(address, none, length) != 0 &&
           inet_ntop(family, address, text, (socklen_t)size);
}

static void print_u32(struct rtattr *const tb[], int type, const char *key, const char *format) {
    uint32_t value = 0;

    if (read_u32(tb, type, &value))
        print_color_uint(PRINT_ANY, COLOR_NONE, key, format, value);
}

static void print_number(struct rtattr *const tb[], int type, const char *key, const char *format) {
    uint64_t value = 0;

    if (read_u64(tb, type, &value))
        print_color_u64(PRINT_ANY, COLOR_NONE, key, format, value);
}

static void print_name(struct rtattr *const tb[], int type, const char *key, const char *format,
                       const char *const *names, size_t count) {
    uint32_t value = 0;

    if (read_u32(tb, type, &value))
        print_color_string(PRINT_ANY, COLOR_NONE, key, format, name_of(names, count, value));
}

static void print_key_set(struct rtattr *const tb[]) {
    uint8_t set = 0;

    if (!read_attr(tb, IFLA_CARP_KEY_SET, &set, sizeof(set)))
        return;
    print_color_bool(PRINT_JSON, COLOR_NONE, "key_set", NULL, set & CARP_KEY_SET_PRESENT);
    print_color_bool(PRINT_JSON, COLOR_NONE, "next_key_set", NULL, set & CARP_KEY_SET_NEXT);
    if (set & CARP_KEY_SET_PRESENT)
        print_color_string(PRINT_FP, COLOR_NONE, NULL, "%s ", "key set");
    if (set & CARP_KEY_SET_NEXT)
        print_color_string(PRINT_FP, COLOR_NONE, NULL, "%s ", "next key set");
}

static void print_drained(struct rtattr *const tb[]) {
    uint8_t drained = 0;

    if (!read_attr(tb, IFLA_CARP_DRAINED, &drained, sizeof(drained)))
        return;
    print_color_bool(PRINT_JSON, COLOR_NONE, "drained", NULL, drained != 0);
    if (drained)
        print_color_string(PRINT_FP, COLOR_NONE, NULL, "%s ", "drained");
}

static void print_parent(struct rtattr *const tb[]) {
    uint32_t index = 0;

    if (!read_u32(tb, IFLA_CARP_PARENT, &index) || index == 0)
        return;
    /* In text it is the part after the "@" of the device's name. */
    print_color_string(PRINT_JSON, COLOR_NONE, "parent", NULL, ll_index_to_name(index));
    print_color_uint(PRINT_JSON, COLOR_NONE, "parent_index", NULL, index);
}

static void print_vhid(struct rtattr *const tb[]) {
    uint32_t vhid = 0;

    if (!read_u32(tb, IFLA_CARP_VHID, &vhid))
        return;
    if (vhid != 0)
        print_color_uint(PRINT_ANY, COLOR_NONE, "vhid", "vhid %u ", vhid);
    else
        print_color_string(PRINT_FP, COLOR_NONE, NULL, "%s ", "no vhid");
}

static void print_peers_of(const struct rtattr *nest, int family, bool *open) {
    const size_t length = family == AF_INET ? 4 : 16;
    const char *place = RTA_DATA(nest);
    size_t left = RTA_PAYLOAD(nest);
    char text[INET6_ADDRSTRLEN];
    struct rtattr one;
    size_t step;

    for (; left >= sizeof(one); place += step, left -= step) {
        // NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.*): there is no memcpy_s() here
        memcpy(&one, place, sizeof(one));
        if (one.rta_len < sizeof(one) || one.rta_len > left)
            return;
        step = RTA_ALIGN((size_t)one.rta_len);
        if (step > left)
            step = left;
        if (one.rta_len != RTA_LENGTH(length) ||
            !inet_ntop(family, place + RTA_LENGTH(0), text, sizeof(text)))
            continue;
        if (!*open)
            open_json_array(PRINT_JSON, "peers");
        *open = true;
        print_color_string(PRINT_ANY, COLOR_NONE, NULL, "peer %s ", text);
    }
}

static void print_peers(struct rtattr *const tb[]) {
    bool open = false;

    if (tb[IFLA_CARP_PEERS4])
        print_peers_of(tb[IFLA_CARP_PEERS4], AF_INET, &open);
    if (tb[IFLA_CARP_PEERS6])
        print_peers_of(tb[IFLA_CARP_PEERS6], AF_INET6, &open);
    if (open)
        close_json_array(PRINT_JSON, NULL);
}

static void print_masters(struct rtattr *const tb[]) {
    char text[INET6_ADDRSTRLEN];
    bool open = false;

    for (int i = 0; i < 2; i++) {
        const int type = i ? IFLA_CARP_MASTER_ADDR6 : IFLA_CARP_MASTER_ADDR4;

        if (!read_host(tb, type, i ? AF_INET6 : AF_INET, text, sizeof(text)))
            continue;
        if (!open)
            open_json_array(PRINT_JSON, "master_addresses");
        open = true;
        print_color_string(PRINT_ANY, COLOR_NONE, NULL, "master %s ", text);
    }
    if (open)
        close_json_array(PRINT_JSON, NULL);
}

static void print_refused(struct rtattr *const outer[]) {
    struct rtattr *nest = outer[IFLA_CARP_REFUSED];
    struct rtattr *tb[CARP_REFUSED_MAX + 1];
    char text[INET6_ADDRSTRLEN];
    uint32_t counter = 0;

    if (!nest)
        return;
    parse_rtattr(tb, CARP_REFUSED_MAX, RTA_DATA(nest), (int)RTA_PAYLOAD(nest));
    if (!read_u32(tb, CARP_REFUSED_COUNTER, &counter) || counter == CARP_XSTATS_UNSPEC)
        return;
    open_json_object("refused");
    print_color_string(PRINT_ANY, COLOR_NONE, "reason", "refused %s ",
                       name_of(counter_names, COUNT(counter_names), counter));
    if (read_host(tb, CARP_REFUSED_ADDR4, AF_INET, text, sizeof(text)) ||
        read_host(tb, CARP_REFUSED_ADDR6, AF_INET6, text, sizeof(text)))
        print_color_string(PRINT_ANY, COLOR_NONE, "source", "from %s ", text);
    print_number(tb, CARP_REFUSED_AGE, "age_ms", "%llu ms ago ");
    close_json_object();
}

static void print_opt(struct link_util *lu, FILE *f, struct rtattr *tb[]) {
    (void)lu;
    (void)f;
    if (!tb)
        return;
    print_parent(tb);
    print_vhid(tb);
    print_u32(tb, IFLA_CARP_ADVBASE, "advbase", "advbase %u ");
    print_u32(tb, IFLA_CARP_ADVSKEW, "advskew", "advskew %u ");
    print_u32(tb, IFLA_CARP_ADVSKEW_EFFECTIVE, "advskew_effective", "effective %u ");
    print_u32(tb, IFLA_CARP_DEMOTION, "demotion", "demotion %u ");
    print_key_set(tb);
    print_u32(tb, IFLA_CARP_GRACE, "grace", "grace %u ");
    print_name(tb, IFLA_CARP_PREEMPT, "preempt", "preempt %s ", preempt_names,
               COUNT(preempt_names));
    print_u32(tb, IFLA_CARP_PREEMPT_DELAY, "preempt_delay", "preempt_delay %u ");
    print_u32(tb, IFLA_CARP_START_HOLD, "start_hold", "start_hold %u ");
    print_u32(tb, IFLA_CARP_ANNOUNCE_COUNT, "announce_count", "announce_count %u ");
    print_u32(tb, IFLA_CARP_ANNOUNCE_INTERVAL, "announce_interval", "announce_interval %u ");
    print_u32(tb, IFLA_CARP_ANNOUNCE_REFRESH, "announce_refresh", "announce_refresh %u ");
    print_name(tb, IFLA_CARP_STATE, "state", "state %s ", state_names, COUNT(state_names));
    print_name(tb, IFLA_CARP_LAST_REASON, "reason", "reason %s ", reason_names,
               COUNT(reason_names));
    print_number(tb, IFLA_CARP_LAST_CHANGE_AGE, "last_change_age_ms", "for %llu ms ");
    print_number(tb, IFLA_CARP_MASTER_DOWN_IN, "master_down_in_us", "takeover in %llu us ");
    print_number(tb, IFLA_CARP_TRANSITIONS, "transitions", "transitions %llu ");
    print_number(tb, IFLA_CARP_SEQUENCE, "sequence", "sequence %llu ");
    print_number(tb, IFLA_CARP_PREEMPT_IN, "preempt_in_us", "preempts in %llu us ");
    print_number(tb, IFLA_CARP_HOLD_LEFT, "hold_left_ms", "held for %llu ms ");
    print_drained(tb);
    print_peers(tb);
    print_masters(tb);
    print_name(tb, IFLA_CARP_HEARD_AS, "heard_as", "heard_as %s ", match_names,
               COUNT(match_names));
    print_refused(tb);
}

static void print_xstats(struct link_util *lu, FILE *f, struct rtattr *xstats) {
    struct rtattr *tb[CARP_XSTATS_MAX + 1];
    int on_line = 0;

    (void)lu;
    (void)f;
    if (!xstats)
        return;
    parse_rtattr(tb, CARP_XSTATS_MAX, RTA_DATA(xstats), (int)RTA_PAYLOAD(xstats));
    for (int i = 0; i <= CARP_XSTATS_MAX; i++) {
        uint64_t value = 0;

        if (!counter_names[i] || !read_u64(tb, i, &value))
            continue;
        if (!is_json_context() && on_line++ % 5 == 0) {
            print_nl();
            print_color_string(PRINT_FP, COLOR_NONE, NULL, "%s", "    ");
        }
        print_color_string(PRINT_FP, COLOR_NONE, NULL, "%s ", counter_names[i]);
        print_color_u64(PRINT_ANY, COLOR_NONE, counter_names[i], "%llu ", value);
    }
}

/* Found by ip by its name. */
__attribute__((visibility("default"))) struct link_util carp_link_util = {
    .id = CARP_KIND,
    .maxattr = IFLA_CARP_MAX,
    .parse_opt = parse_opt,
    .print_opt = print_opt,
    .print_xstats = print_xstats,
    .print_help = print_help,
};
