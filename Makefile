# The front door. Each target builds what it needs; what is more than a build is in crates/xtask.

CARGO_TARGET_DIR ?= target
export CARGO_TARGET_DIR

BUILD := cargo build --release --locked
XTASK := $(CARGO_TARGET_DIR)/release/xtask
STEPS ?= 200000
FUZZ ?= 120

.PHONY: help demo test soak fuzz check docs provider sim xtask programs

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: programs ## Show it: from nothing to HTTP answers and back, in a simulated AWS
	@$(XTASK) demo

test: ## Run all tests, the acceptance cases with Terraform, and clients from outside
	@$(MAKE) --no-print-directory programs || { printf '\n0 passed, 1 failed\n'; exit 1; }
	@$(XTASK) test

soak: ## Walk at random for long: STEPS=1000000 make soak
	@PRIVGW_STEPS=$(STEPS) cargo test --locked --test it random_walks

fuzz: xtask ## Draw inputs for longer than `make test` does: FUZZ=600 make fuzz
	@$(XTASK) fuzz --seconds $(FUZZ)

check: xtask ## Check format, lints, dependencies and that the documentation is fresh
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	@$(XTASK) check
	@$(XTASK) docs --check

docs: xtask ## Write docs/ from the schema, the examples and the simulator's rules
	@$(XTASK) docs
	@PRIVGW_WRITE_DOCS=1 cargo test --quiet --locked --package aws-sim the_page_is_the_table > /dev/null

provider: ## Build the provider
	$(BUILD) --package terraform-provider-privgw

sim: ## Build the simulator
	$(BUILD) --package aws-sim

xtask:
	@$(BUILD) --quiet --package xtask

programs:
	@$(BUILD) --package terraform-provider-privgw --package aws-sim --package xtask
