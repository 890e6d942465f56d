"""The command line: options, prompts and exit codes; everything else is a service's work."""

from __future__ import annotations

import click

from consent.cli.context import Commands
from consent.cli.csp import csp
from consent.cli.demo import demo
from consent.cli.doctor import doctor
from consent.cli.documents import document
from consent.cli.erase import erase
from consent.cli.export import export
from consent.cli.init import init
from consent.cli.keys import keys
from consent.cli.languages import languages
from consent.cli.log import log
from consent.cli.officer import officer
from consent.cli.preview import preview
from consent.cli.proposal import proposal
from consent.cli.publish import publish
from consent.cli.report import report
from consent.cli.retention import retention
from consent.cli.serve import serve
from consent.cli.test_cookie import test_cookie
from consent.cli.verify import verify


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="consent")
def main() -> None:
    """The cookie-consent service that proves itself."""


for command in (
    init,
    preview,
    publish,
    proposal,
    serve,
    demo,
    doctor,
    export,
    report,
    officer,
    erase,
    retention,
    log,
    keys,
    verify,
    document,
    test_cookie,
    languages,
    csp,
):
    main.add_command(command)
