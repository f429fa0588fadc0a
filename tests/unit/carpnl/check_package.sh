#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The installed library can be used: by pkg-config, by find_package(carpnl), and each header alone.
set -eu
build=$1
source=$2
compiler=$3

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
prefix=$folder/usr
cmake --install "$build" --prefix "$prefix" >"$folder/install.log"

PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name libcarpnl.pc)")
export PKG_CONFIG_PATH
library=$(dirname "$PKG_CONFIG_PATH")

for header in "$prefix"/include/carpnl/*.hpp; do
	echo "#include <carpnl/$(basename "$header")>" |
		"$compiler" -std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Werror \
			-I"$prefix/include" -x c++ -
done

# The prefix of an installed tree that was moved is told to pkg-config.
flags=$(pkg-config --define-variable=prefix="$prefix" --define-variable=libdir="$library" \
	--define-variable=includedir="$prefix/include" --cflags --libs libcarpnl)
# shellcheck disable=SC2086 # several words
"$compiler" -std=c++20 -o "$folder/by-pkg-config" "$source/public_test.cpp" $flags
LD_LIBRARY_PATH=$library "$folder/by-pkg-config"

mkdir "$folder/project"
cp "$source/public_test.cpp" "$folder/project/main.cpp"
cat >"$folder/project/CMakeLists.txt" <<'PROJECT'
cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES CXX)
find_package(carpnl 0.1 REQUIRED)
add_executable(user main.cpp)
target_link_libraries(user PRIVATE carpnl::carpnl)
PROJECT
cmake -S "$folder/project" -B "$folder/project/build" -DCMAKE_CXX_COMPILER="$compiler" \
	-DCMAKE_PREFIX_PATH="$prefix" >"$folder/cmake.log"
cmake --build "$folder/project/build" >>"$folder/cmake.log"
"$folder/project/build/user"
