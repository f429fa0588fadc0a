// SPDX-License-Identifier: LGPL-2.1-or-later
#include <carpnl/error.hpp>

#include <utility>

namespace carpnl {

struct Error::Detail {
    std::string subject;
    std::string text;
    std::string attribute;
    std::string what;
    bool kernel;
};

Error::Error(int code, std::string subject, std::string text, std::string attribute, bool kernel)
    : std::system_error(std::error_code(code, std::generic_category())) {
    if (text.empty())
        text = this->code().message();
    std::string what = subject.empty() ? text : subject + ": " + text;
    detail_ = std::make_shared<const Detail>(Detail{.subject = std::move(subject),
                                                    .text = std::move(text),
                                                    .attribute = std::move(attribute),
                                                    .what = std::move(what),
                                                    .kernel = kernel});
}

Error::Error(const Error &other) noexcept = default;
Error &Error::operator=(const Error &other) noexcept = default;
Error::~Error() = default;

const char *Error::what() const noexcept { return detail_->what.c_str(); }
const std::string &Error::subject() const noexcept { return detail_->subject; }
const std::string &Error::text() const noexcept { return detail_->text; }
const std::string &Error::attribute() const noexcept { return detail_->attribute; }
bool Error::from_kernel() const noexcept { return detail_->kernel; }

} // namespace carpnl
