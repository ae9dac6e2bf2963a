"""`make demo` on what people point it at; tests/end_to_end has the rest of its road."""

import pytest

from facsweb.demo import Demo, DemoError


def test_data_that_is_no_data_set_is_refused_before_the_long_work(tmp_path):
    with pytest.raises(DemoError, match=r"DATA: .*data_labels\.csv"):
        Demo(say=print, data=tmp_path).prepare()


def test_data_that_is_not_there_is_refused_by_name(tmp_path):
    with pytest.raises(DemoError, match="nowhere"):
        Demo(say=print, data=tmp_path / "nowhere").prepare()
