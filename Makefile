# Each goal does all the set-up that it needs; nothing else has to be typed first.
.PHONY: demo test build setup format docs clean

SWIFT ?= swift
# One build for the demo and the tests.
BUILD := $(SWIFT) build -c release

demo: setup
	@$(BUILD) --product winnow
	@sh Scripts/demo.sh .build/release/winnow

test: setup
	@command -v $(SWIFT) >/dev/null || { echo "install Swift 6.2 or later: https://www.swift.org/install" >&2; exit 2; }
	$(BUILD) --build-tests
	$(SWIFT) test -c release --skip-build

build: setup
	$(BUILD) --product winnow

setup:
	@sh Scripts/setup.sh

format:
	$(SWIFT) format --in-place --recursive Sources Tests Package.swift

# Reference page and schema, from the same specs as the linter.
docs: build
	mkdir -p docs
	.build/release/winnow schema > pipelines/pipeline.schema.json
	.build/release/winnow schema --reference > docs/pipeline-reference.md

clean:
	rm -rf .build
