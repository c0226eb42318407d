# make demo   trains LeNet-5 on handwritten digits and writes a page about it
# make test   runs every test: the C kernels' harness, the Swift tests, the examples
# Both install what is missing first and build in release; the command is then .build/release/apus.
# make docs   writes the documentation site into build/docs
# make install-c PREFIX=…   the C library alone: needs no Swift

PREFIX ?= /usr/local
CMAKE_BUILD := build/release
CPUS := $(shell getconf _NPROCESSORS_ONLN)

# Package.swift has the command only where it is asked for, as here.
export APUS_COMMAND := 1

.PHONY: demo test build docs c-core dependencies c-dependencies bench format lint install install-c clean
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

demo: build
	@Scripts/demo

test: build c-core
	@Scripts/test

build: dependencies
	swift build -c release

# Articles, and a page for every public name. A site below a path of its host: DOCS="--base-path apus".
docs: build
	Scripts/make-docs $(DOCS)

# The same C sources through CMake: library, apus.pc, check harness, benchmark. Needs no Swift.
c-core: c-dependencies
	cmake -S . -B $(CMAKE_BUILD) -DCMAKE_BUILD_TYPE=Release
	cmake --build $(CMAKE_BUILD) --parallel $(CPUS)

dependencies:
	@Scripts/install-dependencies

c-dependencies:
	@Scripts/install-dependencies --c

# Kernel times. The two variables, where a shell exports them, halve OpenBLAS; a benchmark states that it cleared them.
bench: c-core
	@echo "OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE cleared"
	env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE $(CMAKE_BUILD)/apus-bench

format:
	Scripts/format

lint:
	Scripts/format --check
	Scripts/check-style

install: build c-core
	Scripts/install "$(PREFIX)"

install-c: c-core
	Scripts/install --c "$(PREFIX)"

clean:
	rm -rf .build build
