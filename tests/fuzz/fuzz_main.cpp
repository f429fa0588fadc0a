// SPDX-License-Identifier: GPL-2.0-only
// A fuzz target without libFuzzer: runs the files named on the command line, and as many inputs as
// the option -runs=N says: files that were cut and changed, or else pseudo-random ones. The same
// inputs in every run.
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

Bytes read_file(const char *path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        std::cerr << path << ": cannot be read\n";
        std::exit(2);
    }
    return Bytes(std::istreambuf_iterator<char>(file), {});
}

void run_changed(const std::vector<Bytes> &seeds, unsigned long runs) {
    std::mt19937_64 engine(1);
    for (unsigned long i = 0; i < runs; i++) {
        Bytes input = seeds[engine() % seeds.size()];
        for (auto changes = engine() % 6; changes > 0 && !input.empty(); changes--)
            input[engine() % input.size()] = static_cast<std::uint8_t>(engine());
        if (i % 2)
            input.resize(engine() % (input.size() + 1));
        run(input);
    }
    std::cout << seeds.size() << " files, and " << runs << " inputs made of them\n";
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
    std::vector<Bytes> seeds;
    for (int i = 1; i < argc; i++) {
        const std::string_view arg = argv[i];
        if (arg.starts_with(option))
            runs = std::stoul(std::string(arg.substr(option.size())));
        else
            seeds.push_back(read_file(argv[i]));
    }
    for (const Bytes &seed : seeds)
        run(seed);
    if (seeds.empty())
        run_random(runs);
    else
        run_changed(seeds, runs);
}
