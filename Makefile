# Every target with its meaning: make help. Plain `make` builds all binaries,
# static, into bin/.

PREFIX  ?= /usr/local
DESTDIR ?=
GO      ?= go
BIN     ?= bin

module  := github.com/gophertainer/gophertainer
# The commands that exist: a directory below cmd/ with a main.go.
tools   := $(sort $(patsubst cmd/%/main.go,%,$(wildcard cmd/*/main.go)))
static  := -trimpath -tags netgo,osusergo
pure    := $(filter-out gt-seccomp,$(tools))
# The one dynamic binary: it opens what go build -buildmode=plugin makes, which
# has to be compiled exactly as plugins are. See cmd/gt-plugin/host.
host    := $(patsubst cmd/gt-plugin/host/main.go,gt-plugin-host,$(wildcard cmd/gt-plugin/host/main.go))

version := $(shell git describe --tags --always 2>/dev/null || echo 0)
commit  := $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
# One stamp for all binaries of a build: gt-init refuses a plan of another one.
stamp    = $(shell scripts/stamp.sh)
ldflags  = -s -w -X $(module)/lib/plan.Stamp=$(stamp) -X $(module)/lib/tool.Version=$(version) \
           -X $(module)/lib/tool.Commit=$(commit) -X main.version=$(version)

# gt-init does without Go's runtime, and gt-oci, gt-plugin and gt-run begin just
# before it, where there is an entry for that.
ifeq ($(shell $(GO) env GOARCH),amd64)
bare     = -ldflags '$(module)/cmd/gt-init=$(ldflags) -E main.entry' \
           $(foreach t,gt-oci gt-plugin gt-run,-ldflags '$(module)/cmd/$(t)=$(ldflags) -E $(module)/lib/sys.entry')
endif

.DEFAULT_GOAL := build
.PHONY: help build demo test test-v2 test-engines unit scenarios part-v2 test-web lint bench bench-parallel bench-rootfs bench-run bench-net bench-ckpt man install uninstall clean

help: ## print this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r t h; do printf '%-14s %s\n' "$$t" "$$h"; done

build: ## build every binary into bin/ (the default)
	@scripts/need.sh build
	@mkdir -p $(BIN)
	$(if $(pure),CGO_ENABLED=0 $(GO) build $(static) -ldflags '$(ldflags)' $(bare) -o $(BIN)/ $(addprefix ./cmd/,$(pure)))
	$(if $(filter gt-seccomp,$(tools)),CGO_ENABLED=1 $(GO) build $(static) \
	  -ldflags '$(ldflags) -linkmode external -extldflags "-static"' -o $(BIN)/ ./cmd/gt-seccomp)
	$(if $(host),CGO_ENABLED=1 $(GO) build -o $(BIN)/$(host) ./cmd/gt-plugin/host)

demo: build ## build, then run a container from `tiny` with limits and show it from inside
	@GT_BIN=$(abspath $(BIN)) sh examples/demo.sh

test: ## install what the tests need, build, vet, run every test and scenario
	@scripts/need.sh build test
	@scripts/need.sh others
	@$(MAKE) --no-print-directory build
	@$(MAKE) --no-print-directory -k unit scenarios part-v2

unit: # go vet and the tests beside the code
	$(GO) vet ./...
	$(GO) -C examples/plugins vet ./...
	GT_BIN=$(abspath $(BIN)) $(GO) test -timeout 15m $$($(GO) list ./... | grep -v '/testscripts$$')

scenarios: # the scenarios, against the binaries in bin/
	GT_BIN=$(abspath $(BIN)) $(GO) test -count=1 -timeout 25m ./testscripts

part-v2: # the scenarios of cgroup v2 that matter most, in an emulated host if there can be one
	@GT_BIN=$(abspath $(BIN)) scripts/test-v2.sh part

test-v2: build ## run what wants cgroup v2, systemd or more of the kernel in an emulated host (V2=… for some groups)
	@GT_BIN=$(abspath $(BIN)) scripts/test-v2.sh $(V2)

test-web: build ## look at the web page and at gt-mon top with a headless Chromium, and take their pictures
	@scripts/install-web.sh
	@mkdir -p docs/pictures
	GT_PICTURES=$(abspath docs/pictures) GT_BIN=$(abspath $(BIN)) $(GO) test -count=1 -v ./testscripts/web

test-engines: build ## run the suites of containerd, CRI, Docker, Podman … with gt-oci and with runc (ENGINES=… for some)
	@scripts/need.sh build test
	@GT_BIN=$(abspath $(BIN)) scripts/engines.sh $(ENGINES)

lint: ## run the pinned linters (built from tools/ the first time, minutes)
	GOWORK=off $(GO) -C tools build -o $(abspath $(BIN))/tools/ tool
	@fmt=$$($(BIN)/tools/gofumpt -l $$(git ls-files -co --exclude-standard '*.go')); \
	  if [ -n "$$fmt" ]; then echo "not as gofumpt writes it:"; echo "$$fmt"; exit 1; fi
	$(BIN)/tools/golangci-lint run ./...

bench: build ## compare with crun and runc, by turns, in one mount namespace
	@scripts/need.sh build bench
	@GT_BIN=$(abspath $(BIN)) scripts/bench.sh

bench-parallel: build ## compare 64 and 256 births at once with crun and runc; 1000 containers alive
	@scripts/need.sh build bench
	@GT_BIN=$(abspath $(BIN)) BENCH_ONLY=parallel scripts/bench.sh

bench-rootfs: build ## compare unpacking with tar, bsdtar, umoci, podman and skopeo
	@scripts/need.sh build bench-rootfs others
	@GT_BIN=$(abspath $(BIN)) scripts/bench-rootfs.sh

bench-ckpt: build ## compare checkpoint and restore with runc, Podman and criu alone
	@scripts/need.sh build bench
	@GT_BIN=$(abspath $(BIN)) scripts/bench-ckpt.sh

bench-run: build ## compare gt-run with podman, docker and bwrap, and 100 detached containers with conmon and containerd
	@scripts/need.sh build bench-run others
	@GT_BIN=$(abspath $(BIN)) scripts/bench-run.sh

bench-net: build ## compare gt-net with a chain of CNI plugins, alone and 64 at once
	@scripts/need.sh build bench-net
	@GT_BIN=$(abspath $(BIN)) scripts/bench-net.sh

man: ## render the package comments of the commands into docs/man
	$(GO) run ./scripts/man docs/man

install: build ## install all binaries and manuals below PREFIX, or none
	@scripts/install.sh $(BIN) '$(DESTDIR)$(PREFIX)' $(tools) $(host)

uninstall: ## remove what install put below PREFIX
	@scripts/install.sh --remove '$(DESTDIR)$(PREFIX)' $(tools) $(host)

clean: ## remove what the build made
	rm -rf $(BIN) dist
