"""Whether generated code has every operation of the document.

    operations.py DOCUMENT LANGUAGE FILE...

Prints how many there are; ends with 1 where one is missing.
"""

import json
import re
import sys
from pathlib import Path

# How a language names a function of an operation, as a regular expression.
DECLARED = {
    "python": r"def {snake}\(",
    "rust": r"pub async fn {snake}\(",
    "typescript-fetch": r"async {camel}\(",
    "go": r"\) {pascal}\(ctx ",
    "java": r"okhttp3\.Call {camel}Call\(",
}


def names(operation: str) -> dict[str, str]:
    words = operation.split("_")
    pascal = "".join(word.capitalize() for word in words)
    return {"snake": operation, "pascal": pascal, "camel": pascal[0].lower() + pascal[1:]}


def main() -> int:
    document, language, *files = sys.argv[1:]
    code = "".join(Path(file).read_text() for file in files)
    paths = json.loads(Path(document).read_text())["paths"].values()
    operations = [call["operationId"] for path in paths for call in path.values() if "operationId" in call]
    missing = [name for name in operations if not re.search(DECLARED[language].format(**names(name)), code)]
    print(f"{language:18} {len(operations) - len(missing)} of {len(operations)} operations")
    for name in missing:
        print(f"  {name} is missing", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
