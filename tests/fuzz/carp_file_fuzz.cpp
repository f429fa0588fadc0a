// SPDX-License-Identifier: GPL-2.0-or-later
// Any text as NAME.carp, as a stream of devices, as rc.conf and as hostname.if(5). What is
// understood can be written and read again; a broken promise aborts.
#include "carp_file.hpp"
#include "import.hpp"
#include "passfile.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using carpctl::CarpFile;
using carpctl::Problem;

void require(bool holds, const char *promise) {
    if (holds)
        return;
    std::fprintf(stderr, "broken promise: %s\n", promise);
    std::abort();
}

void check_problems(const std::vector<Problem> &problems) {
    for (const auto &problem : problems) {
        require(problem.line > 0 && problem.column > 0, "every problem has its place");
        for (const char c : to_string(problem))
            require(c >= ' ' && c <= '~', "a message is fit for a terminal");
    }
}

void check_round_trip(CarpFile file) {
    // A comment in front of a password's file is one thing, a path made longer another.
    if (file.password_file && !std::filesystem::path(*file.password_file).is_absolute())
        file.password_file.reset();
    std::ostringstream text;
    write_carp(text, file, file.name.empty() ? carpctl::WithName::no : carpctl::WithName::yes);
    CarpFile again;
    again.source = file.source;
    std::vector<Problem> problems;
    parse_carp(text.str(), "a.carp", again, problems);
    require(problems.empty(), "what we write we read");
    require(again == file, "and it is the same");
}

/// Chance alone hardly ever finds a word, and what lies behind the words wants testing too.
std::string from_words(const std::uint8_t *data, std::size_t size) {
    constexpr std::array<std::string_view, 48> words{"[CARP]\n",
                                                     "[CARP]\n",
                                                     "\n",
                                                     "\n",
                                                     " ",
                                                     "\t",
                                                     "=",
                                                     "\"",
                                                     "'",
                                                     "\\",
                                                     "\\\n",
                                                     "#",
                                                     "Name=",
                                                     "carp0",
                                                     "Parent=",
                                                     "VHID=",
                                                     "AdvSkew=",
                                                     "Preempt=",
                                                     "Address=",
                                                     "Peer=",
                                                     "PasswordFile=",
                                                     "/key",
                                                     "AnnounceIntervalSec=",
                                                     "GraceSec=",
                                                     "1",
                                                     "255",
                                                     "300",
                                                     "ms",
                                                     "min",
                                                     "192.168.1.50",
                                                     "/24",
                                                     "2001:db8::1",
                                                     "/64",
                                                     "# key set, not shown\n",
                                                     "ifconfig_",
                                                     "em0",
                                                     "_alias",
                                                     "cloned_interfaces",
                                                     "inet ",
                                                     "inet6 ",
                                                     "vhid ",
                                                     "pass ",
                                                     "advskew ",
                                                     "netmask ",
                                                     "0xffffff00",
                                                     "255.255.255.0",
                                                     "carppeer ",
                                                     "carpdev "};
    std::string text;
    for (std::size_t i = 0; i < size; ++i)
        text += words.at(data[i] % words.size());
    return text;
}

template <class Read> void check_import(std::string_view text, const char *name, Read read) {
    std::vector<carpctl::Remark> remarks;
    try {
        for (const auto &group : read(text, name, remarks)) {
            require(!group.key || group.key->size() <= 19, "a key is as long as ifconfig keeps it");
            check_round_trip(group.file);
        }
    } catch (const carpctl::FileError &) {
        // No shell would have read it.
    }
    for (const auto &remark : remarks)
        require(remark.place.line > 0 && remark.place.column > 0, "every remark has its place");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string text = size > 0 && data[0] % 2 != 0
                                 ? from_words(data, size)
                                 : std::string(reinterpret_cast<const char *>(data), size);
    std::vector<Problem> problems;
    CarpFile file;
    // Most inputs would end for want of a section.
    parse_carp("[CARP]\n" + text, "a.carp", file, problems);
    check_problems(problems);
    check_round_trip(file);

    problems.clear();
    for (const auto &one : carpctl::parse_carp_stream(text, "a.carp", problems))
        check_round_trip(one);
    check_problems(problems);

    check_import(text, "rc.conf", carpctl::read_freebsd_rc);
    check_import("ifconfig_carp0='" + text + "'", "rc.conf", carpctl::read_freebsd_rc);
    check_import(text, "hostname.carp0", carpctl::read_openbsd_hostname);
    return 0;
}
