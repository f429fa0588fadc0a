// SPDX-License-Identifier: GPL-2.0-only
// A fuzz target without libFuzzer: runs the files named on the command line, or else as many
// pseudo-random inputs as the option -runs=N says. The same inputs in every run.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;

// On the heap and without spare capacity, so that a sanitizer sees every byte too many.
void run(const Bytes &input) {
    const Bytes exact(input.begin(), input.end());
    LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

void run_file(const char *path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        std::cerr << path << ": cannot be read\n";
        std::exit(2);
    }
    run(Bytes(std::istreambuf_iterator<char>(file), {}));
}

void run_random(unsigned long runs) {
    std::mt19937_64 engine(1);
    for (unsigned long i = 0; i < runs; i++) {
        Bytes input(engine() % 200);
        // small values are what lengths and flags are made of
        const std::uint8_t mask = i % 3 ? 0xff : 0x07;
        for (auto &b : input)
            b = static_cast<std::uint8_t>(engine()) & mask;
        run(input);
    }
    std::cout << runs << " inputs\n";
}

} // namespace

int main(int argc, char **argv) {
    constexpr std::string_view option = "-runs=";
    unsigned long runs = 100000;
    bool files = false;
    for (int i = 1; i < argc; i++) {
        const std::string_view arg = argv[i];
        if (arg.starts_with(option)) {
            runs = std::stoul(std::string(arg.substr(option.size())));
        } else {
            run_file(argv[i]);
            files = true;
        }
    }
    if (!files)
        run_random(runs);
}
