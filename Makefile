# make demo   set up, colour a photograph, train on the built-in flowers for three minutes, show picture and score
# make test   set up, then style and tests
# make stress   try thousands of faults, in an hour or BUDGET=minutes; what they are: tests/stress/__init__.py
# EXTRAS=jax  install an optional backend too, and test with it

VENV ?= .venv
PYTHON ?= python3
BIN = $(VENV)/bin
RUN = results/runs/demo
STAMP = $(VENV)/.installed$(EXTRAS)

.PHONY: demo test lint setup stress clean-demo

setup: $(STAMP)

$(STAMP): requirements.txt setup.py
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -r requirements.txt
	$(if $(EXTRAS),$(BIN)/python -m pip install --quiet -e '.[$(EXTRAS)]')
	touch $(STAMP)

# A demo that was broken off goes on; one that is done is shown again. `make clean-demo` starts over.
demo: setup
	$(BIN)/python experiments/colorize.py docs/pictures/flower.jpg --compare --overwrite --out $(RUN)-photo
	$(BIN)/python experiments/cyclegan.py --preset demo --dataset synthetic --run-dir $(RUN)
	$(BIN)/python experiments/evaluate.py $(RUN)
	@echo
	@echo "The photograph, gray and in colour: $(RUN)-photo/flower-color.png"
	@echo "The picture: $$(ls $(RUN)/samples/*.png | tail -n 1)"

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

test: lint
	$(BIN)/python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder

stress: setup
	$(BIN)/python -m pip install --quiet -e '.[onnx]'
	$(BIN)/python -m tests.stress $(if $(BUDGET),--budget $(BUDGET))

clean-demo:
	rm -rf $(RUN) $(RUN)-photo
