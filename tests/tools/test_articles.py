"""The articles that findings cite are those of the law."""
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHECKS = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / 'data/checks').glob('*.json'))}


@pytest.mark.parametrize('name', CHECKS)
def test_w90_the_article_is_that_of_the_law(name):
    """W90: the measures are Article 21(2) of the Directive, and Article 24(2) of the decree, which has another Article 21."""
    check = CHECKS[name]
    if 'NIS2 Art. 21.2' not in check['reference']:
        pytest.skip('not a measure of NIS2')
    assert 'D.Lgs 138/2024 Art. 24(2)' in check['reference']
    assert not re.search(r'138/2024 Art\. 21', check['reference'])
    assert f"NIS2 Art. {check['article']} (" in check['reference']
    assert check['article'] in check['compliance_article']
