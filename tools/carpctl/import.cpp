// SPDX-License-Identifier: GPL-2.0-or-later
#include "import.hpp"

#include "cli.hpp"
#include "text_file.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <ostream>
#include <set>
#include <sstream>

namespace carpctl {
namespace {

using Reader = std::vector<BsdGroup> (*)(std::string_view, const std::string &,
                                         std::vector<Remark> &);

struct Words {
    Reader read = nullptr;
    std::string file;
    std::string directory;
    /// The directory is systemd's, and other files of it can be written, too.
    bool systemd = false;
    /// The name here of an interface there.
    std::map<std::string, std::string> parents;
};

Words parse_words(Arguments &arguments) {
    Words words;
    const auto format = arguments.take("freebsd-rc or openbsd-hostname");
    if (format == "freebsd-rc")
        words.read = read_freebsd_rc;
    else if (format == "openbsd-hostname")
        words.read = read_openbsd_hostname;
    else
        throw UsageError("'" + std::string(format) + "' is not freebsd-rc or openbsd-hostname");
    words.file = arguments.take("FILE");
    while (!arguments.at_end()) {
        if (arguments.take_if("--output")) {
            arguments.take_value("--output", "the directory", words.directory);
            words.systemd = words.directory == "systemd";
        } else if (arguments.take_if("--parent")) {
            const auto pair = arguments.take("--parent: THERE=HERE");
            const auto equal = pair.find('=');
            if (equal == std::string_view::npos || equal == 0 ||
                !is_device_name(pair.substr(equal + 1)))
                throw UsageError("--parent: '" + std::string(pair) + "' is not THERE=HERE");
            if (!words.parents.emplace(pair.substr(0, equal), pair.substr(equal + 1)).second)
                throw UsageError("--parent: " + std::string(pair.substr(0, equal)) +
                                 " is given twice");
        } else {
            arguments.require_end();
        }
    }
    return words;
}

std::string text_of(const BsdGroup &group, const Words &words, WithName with_name) {
    std::ostringstream text;
    text << "# Made by carpctl import from " << printable(words.file) << ".\n";
    if (!group.parent.empty() && !group.file.parent)
        text << "# There it is over " << printable(group.parent)
             << "; without Parent= it is the interface in whose subnet the first address lies.\n";
    write_carp(text, group.file, with_name);
    return text.str();
}

/// The addresses of the interfaces below, if it is known how these are called here.
void add_networks(const std::vector<BsdGroup> &groups, const Words &words, NewFiles &files,
                  std::vector<Remark> &remarks) {
    std::set<std::string> seen;
    for (const auto &group : groups) {
        if (group.parent_addresses.empty() || !seen.insert(group.parent).second)
            continue;
        const auto here = words.parents.find(group.parent);
        if (here == words.parents.end()) {
            remarks.push_back({{},
                               group.parent + ": its own addresses are not written; --parent " +
                                   group.parent + "=NAME writes them into NAME.network",
                               false});
            continue;
        }
        std::ostringstream text;
        text << "# Made by carpctl import from " << printable(words.file)
             << ".\n[Match]\nName=" << here->second << "\n\n[Network]\n";
        for (const auto &address : group.parent_addresses)
            text << "Address=" << address.to_string() << '\n';
        files.add((std::filesystem::path(words.directory) / (here->second + ".network")).string(),
                  text.str(), 0644);
    }
}

void write_files(std::vector<BsdGroup> &groups, const Words &words, std::vector<Remark> &remarks) {
    const std::filesystem::path directory(words.directory);
    NewFiles files;
    if (words.systemd)
        add_networks(groups, words, files, remarks);
    for (auto &group : groups) {
        if (group.key) {
            group.file.password_file = group.file.name + ".pass";
            const auto bytes = group.key->bytes();
            std::string line(bytes.size() + 1, '\n');
            std::transform(bytes.begin(), bytes.end(), line.begin(),
                           [](std::byte one) { return static_cast<char>(one); });
            files.add((directory / *group.file.password_file).string(), line, 0600);
            std::fill(line.begin(), line.end(), '\0');
        }
        files.add((directory / (group.file.name + ".carp")).string(),
                  text_of(group, words, WithName::no), 0644);
    }
    files.commit();
}

void print_files(std::vector<BsdGroup> &groups, const Words &words, std::ostream &out) {
    for (auto &group : groups) {
        group.file.key_not_shown = group.key.has_value();
        out << (&group == groups.data() ? "" : "\n") << text_of(group, words, WithName::yes);
    }
}

} // namespace

int import(Arguments &arguments, Environment &environment) {
    auto words = parse_words(arguments);
    if (words.systemd)
        words.directory = environment.systemd_directory;
    std::vector<Remark> remarks;
    auto groups = words.read(read_text_file(words.file), words.file, remarks);
    if (groups.empty())
        throw FileError(words.file + ": nothing of CARP is in it");
    for (auto &group : groups)
        if (const auto here = words.parents.find(group.parent); here != words.parents.end())
            group.file.parent = here->second;

    if (words.directory.empty())
        print_files(groups, words, environment.out);
    else
        write_files(groups, words, remarks);

    std::stable_sort(remarks.begin(), remarks.end(), [](const Remark &a, const Remark &b) {
        return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
    });
    bool left_out = false;
    for (const auto &remark : remarks) {
        environment.err << "carpctl: " << words.file << ':' << remark.place.line << ':'
                        << remark.place.column << ": "
                        << (remark.left_out ? "not translated: " : "note: ") << remark.text << '\n';
        left_out = left_out || remark.left_out;
    }
    return left_out ? exit_condition : exit_ok;
}

} // namespace carpctl
