"""What a run of the soak has shown, for whoever reads the terminal."""

from typing import Any

import schedule


def show(report: dict[str, Any]) -> None:
    print(f"{report['requests']} requests in {report['seconds']} s, seed {report['seed']}, {report['rate']} a second")
    for kind, statuses in report["answers"].items():
        print(f"  {kind:12} " + ", ".join(f"{count} x {status if status != '0' else 'lost'}" for status, count in statuses.items()))
    print(f"{len(report['faults'])} faults, {report['excused']} requests excused by them")
    for kind in sorted({fault["kind"] for fault in report["faults"]}):
        back = [fault["back"] for fault in report["faults"] if fault["kind"] == kind]
        print(f"  {kind:24} {len(back)} times, ready again after {min(back):.1f} to {max(back):.1f} s")
    for role, level in report["memory_mb"].items():
        levels = f"{level['early']} MB early, {level['middle']} in the middle, {level['late']} at the end"
        print(f"  {role:16} {levels}" + (f", {level['slope']} MB an hour" if report["memory_judged"] else ""))
    if not report["memory_judged"]:
        print(f"memory was not judged: that takes {schedule.JUDGED_FROM_SECONDS} s")
    for violation in report["violations"][:50]:
        print(f"VIOLATION {violation}")
    print(f"{len(report['violations'])} violations")
