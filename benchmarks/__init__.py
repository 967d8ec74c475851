"""The commands behind every figure on speed, memory and capacity. Each module says in its docstring how it is run."""
