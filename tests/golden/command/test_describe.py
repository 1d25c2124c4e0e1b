"""`sonde describe` of what is not there: of whatever kind it should be, and why a file of that name was refused."""
from conftest import BAD_FIXTURES


def test_a_misspelt_exporter(sonde):
    result = sonde.call("describe", "jsn")
    assert result.code == 78 and result.ids() == ["plugin-missing"], str(result)
    assert "there is no plugin 'jsn'" in result.err and "did you mean 'json'?" in result.err


def test_a_refused_library(sonde):
    result = sonde.call("describe", "broken-major", plugins=BAD_FIXTURES)
    assert result.code == 78 and result.ids() == ["plugin-abi"], str(result)
    assert "rebuild the plugin" in result.err
