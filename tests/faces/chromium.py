"""The browser that the tests and the README's picture are made with: the system's Chromium, found on the path."""

import shutil

# The second is for containers, where Chromium runs as root; the others keep it from calling home, which has nothing to do with the page.
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def launch_options() -> dict[str, object]:
    """For Playwright's launch(). Raises FileNotFoundError where there is no Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not path:
        raise FileNotFoundError("This needs Chromium. On Debian: apt-get install chromium")
    return {"executable_path": path, "args": list(FLAGS)}
