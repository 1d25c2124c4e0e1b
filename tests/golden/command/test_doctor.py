"""`sonde doctor`: what it looks at, what it makes of it, and its exit codes."""
from conftest import WITHOUT_RIGHTS

SUBJECTS = ("plugins", "raw sockets", "ping sockets", "descriptors", "neighbours, IPv4", "neighbours, IPv6",
            "local ports", "connection tracking", "resolver")


def line_of(result, subject):
    line, = [line for line in result.out.splitlines() if f" {subject} " in line]
    return line


def test_what_it_looks_at(sonde):
    result = sonde.call("doctor")
    for subject in SUBJECTS:
        assert f" {subject} " in result.out, str(result)
    assert "ieee-data/oui.csv" in result.out
    assert result.code == 0, "nothing is asked for, so nothing can be missing"


def test_the_vendor_data_of_a_pipeline(sonde):
    (sonde.folder / "own.csv").write_text("Registry,Assignment,Organization Name,Organization Address\n")
    sonde.pipeline("{use: arp-oui, options: {oui_files: [own.csv, none.csv]}}")
    result = sonde.call("doctor", "lan.sonde.yaml")
    data = [line for line in result.out.splitlines() if "vendor data" in line]
    assert [line.split()[0] for line in data] == ["ok", "limited"], str(result)
    assert "own.csv of 20" in data[0] and "none.csv: No such file or directory" in data[1]


def test_a_stage_that_cannot_run(sonde):
    sonde.pipeline("{use: icmp}")
    result = sonde.call("doctor", "lan.sonde.yaml", before=WITHOUT_RIGHTS)
    assert result.code == 1, str(result)
    assert line_of(result, "stage icmp") == "missing  stage icmp           neither raw nor ping sockets are allowed"
    assert "\n" + " " * 30 + "expected CAP_NET_RAW, root, or a group of this user" in result.out
    assert "sonde doctor" not in result.out, "it is the one who speaks"


def test_an_optional_stage_that_cannot_run(sonde):
    sonde.pipeline("{use: icmp, optional: true}")
    result = sonde.call("doctor", "lan.sonde.yaml", before=WITHOUT_RIGHTS)
    assert result.code == 0, str(result)
    assert line_of(result, "stage icmp") == ("limited  stage icmp           neither raw nor ping sockets are allowed "
                                             "(optional: it will be skipped)")


def test_a_file_that_a_stage_needs(sonde):
    sonde.pipeline("{use: arp-oui, options: {oui_files: [none.csv]}}")
    result = sonde.call("doctor", "lan.sonde.yaml")
    assert result.code == 1, str(result)
    assert line_of(result, "stage arp-oui").startswith("missing  ") and "none.csv" in line_of(result, "stage arp-oui")


def test_only_what_the_pipeline_uses(sonde):
    sonde.pipeline("{use: sleepy}")
    result = sonde.call("doctor", "lan.sonde.yaml", before=WITHOUT_RIGHTS)
    assert result.code == 0, str(result)
    for subject in ("raw sockets", "ping sockets", "vendor data"):
        assert subject not in result.out, str(result)
    assert line_of(result, "stage sleepy") == "ok       stage sleepy         can run"
    assert not sonde.out.exists(), "looking leaves nothing behind"


def test_an_output_directory_that_cannot_be_made(sonde):
    sonde.pipeline("{use: sleepy}", more="output_dir: lan.sonde.yaml/out")
    result = sonde.call("doctor", "lan.sonde.yaml")
    assert result.code == 1 and line_of(result, "output directory").startswith("missing  "), str(result)


def test_a_pipeline_with_errors(sonde):
    sonde.pipeline("{use: slepy}")
    result = sonde.call("doctor", "lan.sonde.yaml")
    assert result.code == 78 and result.ids() == ["plugin-missing"], str(result)
