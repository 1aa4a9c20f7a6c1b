# The front. No logic here: Meson builds, tools/ does the rest.
BUILD ?= build

run: build
	@ENVIRONMENT="$${ENVIRONMENT:-development}" exec $(BUILD)/nis2 serve \
		--listen "$${LISTEN:-127.0.0.1:8000}" --data "$${DATA_DIR:-var}"

build:
	@tools/setup.sh run
	@tools/build.sh $(BUILD)

test:
	@tools/setup.sh run test
	@tools/test.py

check:
	@tools/setup.sh run test check
	@tools/check.py

fuzz:
	@tools/setup.sh run check
	@tools/fuzz.py

bench:
	@tools/setup.sh run test bench
	@tools/build.sh $(BUILD)
	@bench/run.py

format:
	@tools/setup.sh check
	@tools/format.sh

lint:
	@tools/setup.sh run test
	@tools/test.py contract layers headers locales copies

show-gen: build
	@tools/build.sh $(BUILD) gen/api_types.h gen/api_ops.h gen/queries.h
	@cat $(BUILD)/gen/api_types.h $(BUILD)/gen/api_ops.h $(BUILD)/gen/queries.h

clean:
	rm -rf build build-*

.PHONY: run build test check fuzz bench format lint show-gen clean
