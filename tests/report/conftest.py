import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import report_samples

from abtest.analysis.result import Analysis
from abtest.report import render


@pytest.fixture(scope="session")
def drip() -> Analysis:
    return report_samples.drip()


@pytest.fixture(scope="session")
def three_arms() -> Analysis:
    return report_samples.three_arms()


@pytest.fixture(scope="session")
def invalid() -> Analysis:
    return report_samples.invalid()


@pytest.fixture(scope="session")
def empty() -> Analysis:
    return report_samples.empty()


@pytest.fixture(scope="session")
def readings() -> Analysis:
    return report_samples.readings()


@pytest.fixture
def pdf_pages(tmp_path: Path) -> Callable[[Analysis], list[str]]:
    """Render an analysis and return the text of each page of its PDF, with every kind of space as one blank."""

    def pages(analysis: Analysis) -> list[str]:
        if shutil.which("pdftotext") is None:
            pytest.skip("pdftotext is not installed")
        path = render(analysis, tmp_path / "report.pdf")
        run = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True)
        text = run.stdout.decode().replace("\u200b", "")
        return [re.sub(r"\s+", " ", page) for page in text.split("\f")[:-1]]

    return pages
