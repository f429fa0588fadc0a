// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel_module.hpp"

#include <array>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string_view>

namespace carpctl {
namespace {

struct Close {
    void operator()(std::FILE *pipe) const noexcept { ::pclose(pipe); }
};
using Pipe = std::unique_ptr<std::FILE, Close>;

std::string first_line(const char *path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

std::optional<ModuleVersion> read_loaded() {
    ModuleVersion loaded{first_line("/sys/module/carp/version"),
                         first_line("/sys/module/carp/srcversion")};
    return loaded.version.empty() ? std::nullopt : std::optional(loaded);
}

/// What follows `key` and a colon, if the line begins with that.
void take_field(std::string_view line, std::string_view key, std::string &into) {
    if (!line.starts_with(key) || !line.substr(key.size()).starts_with(':'))
        return;
    const auto from = line.find_first_not_of(' ', key.size() + 1);
    const auto to = line.find_last_not_of('\n');
    into = from == std::string_view::npos ? "" : line.substr(from, to - from + 1);
}

/// By modinfo(8): a library that every command would load costs more than most commands do.
void read_installed(ModuleVersions &versions) {
    const Pipe pipe(::popen("PATH=/usr/sbin:/sbin:/usr/bin:/bin modinfo carp 2>/dev/null", "re"));
    if (!pipe)
        return;
    ModuleVersion installed;
    std::array<char, 4096> line{};
    while (std::fgets(line.data(), static_cast<int>(line.size()), pipe.get()) != nullptr) {
        take_field(line.data(), "filename", versions.file);
        take_field(line.data(), "version", installed.version);
        take_field(line.data(), "srcversion", installed.sources);
    }
    if (!versions.file.empty())
        versions.installed = installed;
}

} // namespace

ModuleVersions read_module_versions() {
    ModuleVersions versions;
    versions.loaded = read_loaded();
    read_installed(versions);
    return versions;
}

} // namespace carpctl
