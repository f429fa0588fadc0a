// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Whole files of text, read and written.
 */
#pragma once

#include "file_error.hpp"

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace carpctl {

/// All of a file, or of a stream. @throws FileError, also for more than a megabyte
std::string read_text_file(const std::string &path);
std::string read_text(std::istream &from, const std::string &name);

/**
 * Puts @p text in the place of a file, or makes it. Whoever reads it meanwhile finds all of the old
 * text or all of the new one; if it fails, the old one stays and nothing is left behind.
 * @throws FileError, also for what is no regular file
 */
void replace_file(const std::string &path, std::string_view text, unsigned mode);

/**
 * Files that appear together or, if one of them cannot be written, not at all. None that is there
 * already is touched.
 */
class NewFiles {
  public:
    NewFiles() = default;
    NewFiles(const NewFiles &) = delete;
    NewFiles &operator=(const NewFiles &) = delete;
    /// Takes away what was not committed.
    ~NewFiles();

    /// Under a name of its own for now, with all of its bytes on the disk.
    /// @throws FileError
    void add(const std::string &path, std::string_view text, unsigned mode);
    /// @throws FileError
    void commit();

  private:
    struct File {
        std::string path;
        std::string temporary;
        bool placed = false;
    };
    std::vector<File> files_;
    bool committed_ = false;
};

} // namespace carpctl
