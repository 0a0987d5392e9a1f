"""What SAM makes of template.yaml, as JSON; run by the SAM CLI's own Python, whose pins cannot live beside ours.

python translate.py TEMPLATE [NAME=VALUE ...]
"""

import json
import os
import sys
from pathlib import Path

from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform


class NoPolicies:
    """Stands in for the list of AWS's managed policies: our template names none of them."""

    def load(self) -> dict[str, str]:
        return {}


def main() -> None:
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
    template = yaml_parse(Path(sys.argv[1]).read_text())
    parameters = dict(argument.split("=", 1) for argument in sys.argv[2:])
    json.dump(transform(template, parameters, NoPolicies()), sys.stdout)


if __name__ == "__main__":
    main()
