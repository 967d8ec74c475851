"""python -m training STAGE ..., or another module, as test_make_train.py has it run: on the shallow trunk, with few drawn pictures."""

import runpy
import sys
from pathlib import Path

sys.path[:0] = [str(Path.cwd()), str(Path(__file__).parent)]
_, _, module, *arguments = sys.argv
if module == "training" and arguments[0] in {"train", "typicality", "evaluate", "export"}:
    import shallow

    from training import protocols, typicality

    shallow.use()
    typicality.DRAWN, protocols.EPOCHS = 42, 1
sys.argv = [module, *arguments]
runpy.run_module(module, run_name="__main__", alter_sys=True)
