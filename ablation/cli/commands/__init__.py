"""One command a file; `ablation.cli.parser` lists them."""
