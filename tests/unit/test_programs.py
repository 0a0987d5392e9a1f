"""What a run of the tests says about those that it skipped."""

from tests.programs import describe_skipped


def test_a_run_tells_once_what_is_missing_and_how_to_install_it() -> None:
    reasons = ["Skipped: needs pgbouncer", "Skipped: needs chromium", "Skipped: needs chromium"]
    assert describe_skipped(reasons) == (
        "3 tests were skipped, which need chromium, pgbouncer. To have all of them:\n"
        "    Debian    sudo apt-get install chromium pgbouncer\n"
        "    macOS     brew install google-chrome pgbouncer"
    )
