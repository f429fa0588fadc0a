// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel_module.hpp"

#include <libkmod.h>

#include <fstream>
#include <memory>
#include <string_view>

namespace carpctl {
namespace {

template <auto free> struct Free {
    template <class Type> void operator()(Type *what) const noexcept { free(what); }
};
using Context = std::unique_ptr<kmod_ctx, Free<kmod_unref>>;
using Module = std::unique_ptr<kmod_module, Free<kmod_module_unref>>;
using Info = std::unique_ptr<kmod_list, Free<kmod_module_info_free_list>>;

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

void read_installed(ModuleVersions &versions) {
    const Context context(kmod_new(nullptr, nullptr));
    kmod_module *found = nullptr;
    if (!context || kmod_module_new_from_name(context.get(), "carp", &found) < 0)
        return;
    const Module module(found);
    const char *const path = kmod_module_get_path(module.get());
    kmod_list *list = nullptr;
    if (path == nullptr || kmod_module_get_info(module.get(), &list) < 0)
        return;
    const Info info(list);
    ModuleVersion installed;
    for (const kmod_list *entry = list; entry != nullptr; entry = kmod_list_next(list, entry)) {
        const std::string_view key = kmod_module_info_get_key(entry);
        if (key == "version")
            installed.version = kmod_module_info_get_value(entry);
        else if (key == "srcversion")
            installed.sources = kmod_module_info_get_value(entry);
    }
    versions.installed = installed;
    versions.file = path;
}

} // namespace

ModuleVersions read_module_versions() {
    ModuleVersions versions;
    versions.loaded = read_loaded();
    read_installed(versions);
    return versions;
}

} // namespace carpctl
