// SPDX-License-Identifier: GPL-2.0-or-later
#include "key_source.hpp"

#include "passfile.hpp"
#include "terminal.hpp"

#include <unistd.h>

namespace carpctl {

std::optional<int> KeySource::open_already() const {
    if (kind == Kind::descriptor)
        return descriptor;
    if (kind == Kind::file && file == "-")
        return STDIN_FILENO;
    return std::nullopt;
}

carpnl::Key read_key(const KeySource &source, std::string_view what, std::istream &input,
                     std::ostream &warnings) {
    switch (source.kind) {
    case KeySource::Kind::word:
        return carpnl::Key(source.word);
    case KeySource::Kind::file:
        return read_passfile(source.file, input, warnings);
    case KeySource::Kind::descriptor:
        return read_pass_descriptor(source.descriptor, source.keyword);
    case KeySource::Kind::prompt:
        return ask_for_key(what, source.keyword);
    case KeySource::Kind::none:
        break;
    }
    return carpnl::Key(std::string_view());
}

} // namespace carpctl
