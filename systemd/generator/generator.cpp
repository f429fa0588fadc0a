// SPDX-License-Identifier: GPL-2.0-or-later
#include "generator.hpp"

#include "file_error.hpp"
#include "unit_name.hpp"

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>

namespace carpgen {
namespace {

namespace fs = std::filesystem;
using carpctl::CarpFile;
using carpctl::SystemFile;

constexpr const char *boot_target = "multi-user.target";

/// The directory in which systemd finds what was generated.
class Output {
  public:
    explicit Output(const Places &places) : places_(places) {}

    /// @p unit, an instance of a template of ours or a unit of ours, starts with @p wanted_by.
    void want(const std::string &wanted_by, const std::string &unit) const {
        const auto directory = fs::path(places_.output) / (wanted_by + ".wants");
        fs::create_directories(directory);
        const auto at = unit.find('@');
        const auto source =
            at == std::string::npos ? unit : unit.substr(0, at + 1) + unit.substr(unit.rfind('.'));
        const auto link = directory / unit;
        fs::remove(link);
        fs::create_symlink(fs::path(places_.units) / source, link);
    }

    /// Adds to what the file of @p unit says.
    void drop_in(const std::string &unit, const std::string &text) const {
        const auto directory = fs::path(places_.output) / (unit + ".d");
        fs::create_directories(directory);
        const auto path = (directory / "50-carp-generator.conf").string();
        std::ofstream file(path);
        file << text << std::flush;
        if (!file)
            throw carpctl::FileError(path + ": cannot be written");
    }

  private:
    const Places &places_;
};

/// A percent sign means something to systemd.
std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text)
        result += c == '%' ? std::string("%%") : std::string(1, c);
    return result;
}

std::string head(const SystemFile &file) {
    return "# Made by carp-generator.\n[Unit]\nSourcePath=" + escaped(file.path) + "\n";
}

/// As systemd sees it; what is wrong was said if there is none.
std::optional<CarpFile> read(const SystemFile &file, const Places &places,
                             const Complain &complain) {
    try {
        std::vector<carpctl::Problem> problems;
        auto device = carpctl::read_carp_file(file, problems);
        for (const auto &problem : problems)
            complain(to_string(problem));
        const auto conflict = carpctl::find_conflict(device, places.files);
        if (conflict)
            complain(*conflict);
        if (problems.empty() && !conflict)
            return device;
    } catch (const carpctl::FileError &error) {
        complain(error.what());
    }
    return std::nullopt;
}

/// Each time that the parent appears, and only while it is there.
std::string follow_parent(const std::string &parent) {
    const auto unit = device_unit(parent);
    return "BindsTo=" + unit + "\nAfter=" + unit + "\nBefore=network-online.target\n";
}

void write_release(const Output &output, const SystemFile &file, const std::string &unit) {
    output.drop_in("carp-release@" + file.name + ".service",
                   head(file) + "Requires=" + unit + "\nAfter=" + unit + "\n");
}

void write_service(const Output &output, const SystemFile &file, const CarpFile &device) {
    const auto service = "carp@" + file.name + ".service";
    std::ostringstream text;
    text << head(file);
    if (device.parent)
        text << follow_parent(*device.parent);
    else
        text << "Wants=network-online.target\nAfter=network-online.target\n";
    if (device.start_hold_until) {
        text << "Wants=carp-release@" << file.name << ".service\n";
        write_release(output, file, *device.start_hold_until);
    }
    if (device.password_credential)
        text << "[Service]\nLoadCredential=" << *device.password_credential << '\n';
    output.drop_in(service, text.str());
    output.want(device.parent ? device_unit(*device.parent) : boot_target, service);
}

void write_device(const Output &output, const SystemFile &file, const Places &places,
                  const Complain &complain) {
    if (!is_instance(file.name))
        return complain(file.path + ": the name of a service can not have these characters");
    const auto device = read(file, places, complain);
    if (device)
        return write_service(output, file, *device);
    const auto service = "carp@" + file.name + ".service";
    output.drop_in(service, head(file));
    output.want(boot_target, service);
}

} // namespace

bool generate(const Places &places, const Complain &complain) {
    const Output output(places);
    const auto files = carpctl::find_system_files(places.files);
    bool written = true;
    const auto attempt = [&](const auto &write) {
        try {
            write();
        } catch (const std::exception &error) {
            complain(error.what());
            written = false;
        }
    };
    for (const auto &file : files)
        attempt([&] { write_device(output, file, places, complain); });
    if (!files.empty())
        attempt([&] {
            output.want(boot_target, "carp-targets.service");
            output.want(boot_target, "carp-handover.service");
        });
    return written;
}

} // namespace carpgen
