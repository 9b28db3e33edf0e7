# Everything that is done with this repository, in one place. `make help` lists it.

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOFUMPT     = mvdan.cc/gofumpt@v0.12.0
VERSION    ?= development
GOFLAGS_RELEASE = -trimpath -ldflags "-s -w -X main.version=$(VERSION)"

# What the real-component tests need, as Debian packages.
DEBIAN = samba samba-ad-provision samba-dsdb-modules ldb-tools ldap-utils openssl \
         gnome-keyring dbus chromium tmux procps systemd postgresql
# What the Windows build is tested with, and the packages of its parts that are tested as Windows programs: all that Windows code
# touches. The engine's model test (agent/cycle) is left to Linux: it takes minutes, and knows no system.
WINE    = mmdebstrap bubblewrap gcc-mingw-w64-x86-64-win32 osslsigncode
WINDOWS = ./pkg/host ./pkg/service ./pkg/handoff ./pkg/vault ./pkg/trust ./pkg/textfile ./pkg/problem ./pkg/preflight ./pkg/terminal ./pkg/control \
          ./wizard ./agent ./agent/mirror ./cmd/passly-sync

# What the packages for Linux are tried with.
DIST    = rpm

PEOPLE ?= 200

.DEFAULT_GOAL := help
.PHONY: help demo lab test windows quick lint bench openapi build dist pictures packages rules

help: ## list what can be done
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: ## a tenant, a directory, the wizard and the agent on this machine; ARGS="--unattended --people 5000"
	go run ./cmd/demo $(ARGS)

lab: ## a real Samba AD domain controller on loopback; PEOPLE=3000
	go run ./cmd/lab --people $(PEOPLE) $(ARGS)

# What takes longest begins first, so that the rest runs beside it: pkg/endtoend, in two processes, of which one says at the end how it went.
test: packages rules lint ## everything: installs what is missing from Debian and npm, then lints and tests with the real components
	@said=$$(mktemp); ENDTOEND=apart CI=true go test -count=1 -timeout 20m ./pkg/endtoend > $$said 2>&1 & apart=$$!; \
	ENDTOEND=rest CI=true go test -count=1 -timeout 20m ./pkg/endtoend ./...; rest=$$?; \
	wait $$apart; apart=$$?; cat $$said; rm $$said; exit $$((rest | apart))
	@$(MAKE) --no-print-directory windows
	go run ./cmd/demo --unattended --listen 127.0.0.1:0

windows: packages ## the Windows build's tests, as Windows programs under Wine 10
	GOOS=windows GOARCH=amd64 go vet ./agent/... ./wizard/... ./pkg/... ./cmd/passly-sync
	CI=true .ci/wine/test -timeout 5m $(WINDOWS)

quick: ## what needs only Go; what was skipped says how to get it
	go test ./...

lint: ## formatting, vet, staticcheck
	@unformatted=$$(go run $(GOFUMPT) -l .); test -z "$$unformatted" || { echo "not formatted, run gofumpt -w:"; echo "$$unformatted"; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...

bench: packages ## the budgets' figures, as ratios in one run, and what setting up costs in keys and seconds; ARGS="-people 1000000"
	CI=true go test -run '^$$' -bench 'Budgets|Setup' -benchtime 1x -timeout 60m ./pkg/endtoend $(ARGS)

openapi: ## the description of the tenant's HTTP API, anew out of its operations
	go test -count=1 ./pkg/tenant/api -run Document -update

build: ## static binaries in bin/
	CGO_ENABLED=0 go build $(GOFLAGS_RELEASE) -o bin/ ./cmd/passly-sync ./cmd/passly-tenant

dist: packages ## what is handed out, into dist/: MSI, deb, rpm, archives, checksums, bills of materials; VERSION=1.4.0
	@.ci/packages $(DIST)
	.ci/dist $(VERSION)

pictures: packages rules ## the pictures of the console that this repository shows, taken anew in a browser
	@folder=$$(mktemp -d) && PICTURES=$$folder CI=true go test -count=1 ./pkg/tenant/console -run 'BrowserAddNewDirectorySyncAgent|BrowserUndoesARun' && \
	for name in add-preview undo; do cp $$folder/$$name-1280-light.png pkg/tenant/console/pictures/$$name.png; done; rm -r $$folder

packages:
	@.ci/packages $(DEBIAN) $(WINE) $(if $(shell command -v npm),,nodejs npm)

# The rules of accessible pages, and a SCIM service of others, of the versions and with the hashes that the lock files say, into folders that
# git ignores.
rules: packages
	@for folder in pkg/tenant/browsertest/testdata pkg/scim/scimtest/testdata; do npm ci --ignore-scripts --no-audit --no-fund --silent --prefix $$folder || exit 1; done
