# Every target sets itself up: a virtual environment in .venv with the locked dependencies.
PYTHON   ?= python3
VENV     := .venv
ABLATION := $(VENV)/bin/ablation
STUDY    ?= generalization

RUN_OPTIONS = $(if $(PRESET),--preset $(PRESET)) $(if $(DATASET),--dataset $(DATASET)) \
	$(if $(DATA_DIR),--data-dir $(DATA_DIR)) $(if $(SEEDS),--seeds $(SEEDS)) $(if $(OUT),--out $(OUT)) $(if $(JOBS),--jobs $(JOBS))
NEWEST      = $(shell ls -td results/*/*/manifest.json 2>/dev/null | grep -v ^results/reference/ | head -1 | xargs -r dirname)

.PHONY: setup shell ablation report test smoke lint clean torture readme docs

setup: $(VENV)/.installed

$(VENV)/.installed: requirements.lock pyproject.toml
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the locked dependencies into $(VENV): a few minutes, 3.8 GB"
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

shell: setup
	@. $(VENV)/bin/activate && echo "exit leaves" && exec $${SHELL:-sh}

ablation: setup
	@$(ABLATION) run $(STUDY) $(RUN_OPTIONS)

report: setup
	@folder="$(or $(OUT),$(NEWEST))"; \
	if [ -z "$$folder" ]; then echo "make report: no results yet; run make ablation, or give OUT=folder" >&2; exit 2; fi; \
	$(ABLATION) report "$$folder"

test: setup
	$(VENV)/bin/python -m pytest

# On a task that its tiny networks learn: whatever stays under the floor has a fault.
smoke: setup
	@$(if $(OUT),,rm -rf results/generalization/blobs-smoke)
	@$(ABLATION) run generalization --preset smoke --dataset blobs --seeds 1 --jobs 1 --floor 0.7 \
		--out $(or $(OUT),results/generalization/blobs-smoke)

lint: setup
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

torture: setup
	$(VENV)/bin/python tests/torture.py --rounds 40

readme: setup
	$(VENV)/bin/python docs/render.py

docs: readme
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r docs/requirements.txt
	$(VENV)/bin/python docs/assemble.py
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --strict --quiet

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
