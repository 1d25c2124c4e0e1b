"""`sonde doctor`: what it looks at, and that it looks at the files of the pipeline where that names some."""

SUBJECTS = ("plugins", "raw sockets", "ping sockets", "descriptors", "neighbours, IPv4", "neighbours, IPv6",
            "local ports", "connection tracking", "vendor data", "resolver")


def test_what_it_looks_at(sonde):
    result = sonde.call("doctor")
    for subject in SUBJECTS:
        assert f" {subject} " in result.out, str(result)
    assert "ieee-data/oui.csv" in result.out


def test_the_vendor_data_of_a_pipeline(sonde):
    (sonde.folder / "own.csv").write_text("Registry,Assignment,Organization Name,Organization Address\n")
    sonde.pipeline("{use: arp-oui, options: {oui_files: [own.csv, none.csv]}}")
    result = sonde.call("doctor", "lan.sonde.yaml")
    data = [line for line in result.out.splitlines() if "vendor data" in line]
    assert [line.split()[0] for line in data] == ["ok", "limited"], str(result)
    assert "own.csv of 20" in data[0] and "none.csv: No such file or directory" in data[1]
    assert "stage arp-oui" in result.out


def test_a_pipeline_with_errors(sonde):
    sonde.pipeline("{use: slepy}")
    result = sonde.call("doctor", "lan.sonde.yaml")
    assert result.code == 78 and result.ids() == ["plugin-missing"], str(result)
