// SPDX-License-Identifier: GPL-2.0-or-later
#include "system_files.hpp"

#include "carp_lines.hpp"
#include "text_file.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string_view>

namespace carpctl {
namespace {

namespace fs = std::filesystem;

/// By their names, each where it counts; those that are masked are left out.
using Files = std::map<std::string, std::string>;

/// A directory that is not there, or cannot be read, has none.
void add_files(const std::string &directory, std::string_view ending, Files &into) {
    std::error_code failure;
    for (fs::directory_iterator entry(directory, failure), end; !failure && entry != end;
         entry.increment(failure)) {
        const auto name = entry->path().filename().string();
        if (name.size() > ending.size() && name.ends_with(ending))
            into.emplace(name, entry->path().string());
    }
}

bool is_masked(const std::string &path) {
    std::error_code failure;
    const auto target = fs::canonical(path, failure);
    if (failure)
        return false;
    return target == "/dev/null" || (fs::is_regular_file(target, failure) &&
                                     fs::file_size(target, failure) == 0 && !failure);
}

Files find(const Directories &directories, std::string_view below, std::string_view ending) {
    Files files;
    for (const auto &directory : directories)
        add_files(directory + std::string(below), ending, files);
    std::erase_if(files, [](const auto &one) { return is_masked(one.second); });
    return files;
}

/// Whether a list of patterns, which all count the other way round behind a "!", has the word.
bool matches(std::string_view patterns, const std::string &word) {
    const bool inverted = patterns.starts_with('!');
    if (inverted)
        patterns.remove_prefix(1);
    const auto all = split_blanks(patterns);
    const bool found = std::any_of(all.begin(), all.end(), [&](const Token &pattern) {
        return ::fnmatch(std::string(pattern.text).c_str(), word.c_str(), 0) == 0;
    });
    return found != inverted;
}

/// What a .network file says of a carp device.
class Network {
  public:
    Network(std::string_view text, std::string device) : device_(std::move(device)) {
        std::string_view section;
        while (!text.empty()) {
            std::size_t ignored = 0;
            const auto line = trim(take_line(text), ignored);
            if (line.starts_with('['))
                section = line;
            else if (const auto equal = line.find('='); equal != std::string_view::npos &&
                                                        !line.starts_with('#') &&
                                                        !line.starts_with(';'))
                assignment(section, trim(line.substr(0, equal), ignored),
                           trim(line.substr(equal + 1), ignored));
        }
    }

    /// As far as it can be told without looking at the device.
    bool matches() const noexcept { return asked_ && matches_; }
    bool unmanaged() const noexcept { return unmanaged_; }

  private:
    void assignment(std::string_view section, std::string_view key, std::string_view value) {
        if (section == "[Match]") {
            asked_ = true;
            matches_ = matches_ && ((key == "Name" && carpctl::matches(value, device_)) ||
                                    (key == "Kind" && carpctl::matches(value, "carp")));
        } else if (section == "[Link]" && key == "Unmanaged") {
            unmanaged_ = value == "yes" || value == "true" || value == "on" || value == "1";
        }
    }

    std::string device_;
    bool asked_ = false;
    bool matches_ = true;
    bool unmanaged_ = false;
};

} // namespace

Directories system_directories() {
    return {"/etc/systemd/network", "/run/systemd/network", "/usr/local/lib/systemd/network",
            "/usr/lib/systemd/network"};
}

std::vector<SystemFile> find_system_files(const Directories &directories) {
    constexpr std::string_view ending = ".carp";
    std::vector<SystemFile> files;
    for (const auto &[base, path] : find(directories, "", ending)) {
        SystemFile file{base.substr(0, base.size() - ending.size()), path, {}};
        for (const auto &[ignored, drop_in] : find(directories, "/" + base + ".d", ".conf"))
            file.drop_ins.push_back(drop_in);
        files.push_back(std::move(file));
    }
    return files;
}

CarpFile read_carp_file(const SystemFile &file, std::vector<Problem> &problems) {
    return read_carp_file(file.path, file.drop_ins, problems);
}

std::optional<std::string> find_conflict(const CarpFile &file, const Directories &directories) {
    if (file.addresses.empty())
        return std::nullopt;
    for (const auto &[ignored, path] : find(directories, "", ".network")) {
        const Network network(read_text_file(path), file.name);
        if (!network.matches())
            continue;
        if (network.unmanaged())
            return std::nullopt;
        return file.source + ": Address=: " + path + " gives " + file.name +
               " to systemd-networkd, which takes addresses away that are not its own: set them "
               "there, or say Unmanaged=yes there";
    }
    return std::nullopt;
}

} // namespace carpctl
