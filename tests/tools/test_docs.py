# SPDX-License-Identifier: Apache-2.0
"""The documentation is current: pages from tables are as the tables are, and links lead somewhere."""
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


GENERATED = {page: f"docs/{page}.md" for page in
             ("api", "configuration", "metrics", "streams", "features")}
GENERATED["openapi"] = "deploy/nginx/openapi.json"


@pytest.mark.parametrize("page", GENERATED)
def test_a_generated_page_is_current(page):
    printed = subprocess.run([ROOT / "build" / "docs", page], capture_output=True, text=True,
                             check=True).stdout
    assert printed == (ROOT / GENERATED[page]).read_text(encoding="utf-8"), "make docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_tests_that_security_names_are_there():
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    named = re.findall(r"`(test_\w+\.(?:c|py))`: ((?:`\w+`(?:, )?)+)", page)
    assert len(named) > 60
    for file, tests in named:
        found = [path.read_text(encoding="utf-8") for path in ROOT.glob(f"tests/**/{file}")]
        for name in re.findall(r"\w+", tests):
            definition = rf"^(?:def|static void) {name}\("
            assert any(re.search(definition, text, re.MULTILINE) for text in found), (file, name)


def test_every_metric_is_counted_somewhere():
    table = (ROOT / "src" / "process" / "metrics.def").read_text(encoding="utf-8")
    names = re.findall(r"^(?:COUNTER|GAUGE|HISTOGRAM)\((\w+)", table, re.MULTILINE)
    code = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "src").glob("**/*.c"))
    assert [name for name in names if not re.search(rf"METRIC_{name}\b", code)] == []


def test_the_drawing_shows_what_the_diagram_shows():
    """Every box of the diagram in architecture.md is in the drawing of the same name."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    diagram = page[page.index("```mermaid"):page.index("```\n\nThe same as a drawing")]
    boxes = re.findall(r"[\[(]([a-z][a-z’' -]+)(?::[^\])]*)?[\])]", diagram)
    drawing = (ROOT / "docs/pictures/from-a-mind-to-a-phone.svg").read_text(encoding="utf-8")
    assert len(boxes) > 15
    for box in set(boxes) - {"the phone rings"}:
        assert box.replace("'", "’") in drawing, box
    assert "it rings" in drawing
